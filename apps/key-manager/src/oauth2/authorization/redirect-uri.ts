import type { Client } from '../model.js';
import { matchesPattern } from './callback-pattern.js';

const maxLength = 2_048;
/** RFC 3986 characters, without a fragment (RFC 6749 §3.1.2). */
const absoluteUri = /^[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9\-._~:/?[\]@!$&'()*+,;=%]+$/;
/** A browser would run these, or show what they hold as ours. */
const executableSchemes = /^(?:javascript|data|vbscript|file|blob|about|filesystem|view-source|ws|wss):/i;
const loopbackAddress = /^http:\/\/(?:127\.0\.0\.1|\[::1\])(?::\d{1,5})?(?=\/|\?|$)/;
const patternPrefix = 'regexp=';

/** Whether the answer may go to `presented`: it is one that the client registered (RFC 6749 §3.1.2.3). */
export function isRegistered({ metadata }: Client, presented: string): boolean {
  if (!isRedirectUri(presented)) return false;
  return (metadata.redirectUris ?? []).some((registered) => matches(registered, presented));
}

/** Exactly, character by character (RFC 9700 §2.1); a loopback address on any port (RFC 8252 §7.3). */
function matches(registered: string, presented: string): boolean {
  if (registered.startsWith(patternPrefix)) return matchesPattern(registered.slice(patternPrefix.length), presented);
  if (registered === presented) return true;
  // A native app listens on whatever port is free; `localhost` may be resolved to something else and is not meant here.
  const [wanted, asked] = [loopbackAddress.exec(registered)?.[0], loopbackAddress.exec(presented)?.[0]];
  if (wanted === undefined || asked === undefined) return false;
  return (
    withoutPort(wanted) === withoutPort(asked) && registered.slice(wanted.length) === presented.slice(asked.length)
  );
}

/** Whether a text can be a redirect URI at all: absolute, without fragment, of a scheme that runs nothing. */
export function isRedirectUri(text: string): boolean {
  if (text.length > maxLength || !absoluteUri.test(text) || isExecutable(text)) return false;
  if (!/^https?:/i.test(text)) return true;
  // Browsers forgive a missing or third slash, so the host would be another one than it looks like.
  if (!/^https?:\/\/[^/?]/i.test(text)) return false;
  try {
    const { username, password, hostname } = new URL(text);
    // `https://shop.example@evil.example/` looks like another host than the one it goes to.
    return username === '' && password === '' && hostname !== '';
  } catch {
    return false;
  }
}

/** No redirect ever goes there; no registration should say so either. */
export const isExecutable = (uri: string): boolean => executableSchemes.test(uri);

/** RFC 9700 §2.6: over http anybody on the way reads the code. What stays on the machine is not on the way. */
export function isInsecure(redirectUri: string): boolean {
  return (
    /^http:/i.test(redirectUri) && !/^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?(?:[/?]|$)/i.test(redirectUri)
  );
}

/** Only for `https` does the system make sure whose the address is: any app can claim a scheme or a port. */
export function isClaimed(redirectUri: string): boolean {
  return /^https:/i.test(redirectUri);
}

const withoutPort = (origin: string): string => origin.replace(/:\d+$/, '');
