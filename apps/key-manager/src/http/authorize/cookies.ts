/** Names of WSO2, which its clients look for. */
export const sessionCookie = 'commonAuthId';
export const stepCookiePrefix = 'sessionNonceCookie-';

/** The cookies of a request; a name that came twice is left out, since one of the two was planted by somebody else. */
export function readCookies(header: string | undefined): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>();
  const repeated = new Set<string>();
  for (const pair of (header ?? '').split(';')) {
    const equals = pair.indexOf('=');
    if (equals < 0) continue;
    const name = pair.slice(0, equals).trim();
    if (cookies.has(name)) repeated.add(name);
    else cookies.set(name, pair.slice(equals + 1).trim());
  }
  for (const name of repeated) cookies.delete(name);
  return cookies;
}

/** Out of reach of scripts and of http; with a form of another site it is not sent (RFC 6265bis §5.5). */
const attributes = 'Path=/; HttpOnly; Secure; SameSite=Lax';

/** Without `maxAgeSeconds` it goes when the browser is closed. */
export function setCookie(name: string, value: string, maxAgeSeconds?: number): string {
  return `${name}=${value}; ${maxAgeSeconds === undefined ? '' : `Max-Age=${maxAgeSeconds}; `}${attributes}`;
}

export const clearCookie = (name: string): string => `${name}=; Max-Age=0; ${attributes}`;

const maxStepBytes = 8_192;

/**
 * The steps that have to go so that one more fits: a page that opens request after request would otherwise fill the
 * browser's cookie header until the server refuses every request of that browser. The oldest come first in the header.
 */
export function crowdedOut(cookies: ReadonlyMap<string, string>): string[] {
  const steps = [...cookies].filter(([name]) => name.startsWith(stepCookiePrefix)).reverse();
  let bytes = 0;
  const isTooMuch = ([name, value]: readonly [string, string]) => {
    bytes += name.length + value.length;
    return bytes > maxStepBytes;
  };
  return steps.filter(isTooMuch).map(([name]) => name);
}
