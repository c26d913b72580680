import { isUtf8 } from 'node:buffer';
import { InvalidRequest } from './errors.js';
import { formDecode } from './request-body.js';

export interface Credentials {
  readonly id: string;
  readonly secret: string;
}

/** What a Basic header may mean, most likely first; the second is there for clients that don't encode. */
export type BasicReadings = readonly [Credentials, ...Credentials[]];

const maxHeaderLength = 4_096;
// At least one character between the blanks: two runs of blanks side by side would be tried in every way.
const basic = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i;

/**
 * Reads `Authorization: Basic`. RFC 6749 §2.3.1 form-encodes both halves before joining them, but curl, requests and others
 * don't, so there are up to two readings. Undefined: not a usable Basic header. Throws `InvalidRequest` on two headers.
 */
export function readBasic(authorization: string): BasicReadings | undefined {
  // No scheme we know has a comma in front of which credentials could end, so this is two joined headers.
  if (authorization.includes(',')) throw new InvalidRequest('The request has more than one Authorization header.');
  if (authorization.length > maxHeaderLength) return undefined;
  const encoded = basic.exec(authorization)?.[1];
  if (!encoded) return undefined;
  const raw = splitAtColon(text(Buffer.from(encoded, 'base64')));
  if (!raw) return undefined;
  const decoded = formDecoded(raw);
  if (!decoded || (decoded.id === raw.id && decoded.secret === raw.secret)) return [raw];
  return [decoded, raw];
}

/** Splits before decoding: an encoded colon (`%3A`) belongs to the half it is in. */
function splitAtColon(pair: string): Credentials | undefined {
  const colon = pair.indexOf(':');
  return colon < 0 ? undefined : { id: pair.slice(0, colon), secret: pair.slice(colon + 1) };
}

function formDecoded({ id, secret }: Credentials): Credentials | undefined {
  try {
    return { id: formDecode(id), secret: formDecode(secret) };
  } catch {
    return undefined;
  }
}

/** Some clients put latin-1 bytes into the header, the others UTF-8; latin-1 text is hardly ever valid UTF-8. */
function text(bytes: Buffer): string {
  return bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1');
}
