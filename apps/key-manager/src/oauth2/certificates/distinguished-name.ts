import type { CertificateName, NameAttribute } from './certificate-names.js';

/** One attribute as written; values in hex (`#…`) are not taken. */
interface WrittenAttribute {
  readonly type: string;
  readonly value: string;
}

/** RFC 4514 §3 and what else certificates of clients have (RFC 4519, RFC 2985). */
const types: Readonly<Record<string, string>> = {
  CN: '2.5.4.3',
  SN: '2.5.4.4',
  SERIALNUMBER: '2.5.4.5',
  C: '2.5.4.6',
  L: '2.5.4.7',
  ST: '2.5.4.8',
  STREET: '2.5.4.9',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  TITLE: '2.5.4.12',
  GIVENNAME: '2.5.4.42',
  ORGANIZATIONIDENTIFIER: '2.5.4.97',
  BUSINESSCATEGORY: '2.5.4.15',
  POSTALCODE: '2.5.4.17',
  DC: '0.9.2342.19200300.100.1.25',
  UID: '0.9.2342.19200300.100.1.1',
  EMAILADDRESS: '1.2.840.113549.1.9.1',
};

/** RFC 4514: the last relative name of the certificate comes first. Undefined for a text that is no such name. */
export function parseDistinguishedName(text: string): readonly (readonly WrittenAttribute[])[] | undefined {
  const names = splitUnescaped(text, ',').map((relative) => splitUnescaped(relative, '+').map(parseAttribute));
  const isWhole = names.every((relative): relative is WrittenAttribute[] => relative.every(Boolean));
  return isWhole ? names : undefined;
}

/** RFC 5280 §7.1: letters in either case and runs of spaces are the same; RFC 4514 writes the names backwards. */
export function isSameName(written: string, subject: CertificateName): boolean {
  const wanted = parseDistinguishedName(written);
  // A certificate without a subject must match no text, also none that was registered by mistake.
  if (!wanted || subject.length === 0 || wanted.length !== subject.length) return false;
  return [...wanted].reverse().every((relative, index) => isSameRelative(relative, subject[index] ?? []));
}

function isSameRelative(wanted: readonly WrittenAttribute[], shown: readonly NameAttribute[]): boolean {
  if (wanted.length !== shown.length) return false;
  const types = new Set(wanted.map(({ type }) => type));
  return types.size === wanted.length && wanted.every((one) => shown.some((other) => isSameAttribute(one, other)));
}

function isSameAttribute(wanted: WrittenAttribute, shown: NameAttribute): boolean {
  if (wanted.type !== shown.type) return false;
  return shown.value !== undefined && folded(wanted.value) === folded(shown.value);
}

const folded = (value: string) => value.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase();

function parseAttribute(text: string): WrittenAttribute | undefined {
  const equals = text.indexOf('=');
  if (equals < 1) return undefined;
  const name = text.slice(0, equals).trim();
  const type = /^\d+(\.\d+)+$/.test(name) ? name : types[name.toUpperCase()];
  const written = text.slice(equals + 1).replace(/^ +/, '');
  if (type === undefined) return undefined;
  const value = unescaped(written);
  return value === undefined || value === '' ? undefined : { type, value };
}

/** RFC 4514 §2.4, and the quotes of RFC 2253 §4 that tools still write are not read. */
function unescaped(written: string): string | undefined {
  if (written.startsWith('#') || written.includes('"')) return undefined;
  const bytes: Buffer[] = [];
  const piece = /\\([0-9a-fA-F]{2})|\\([ "#+,;<=>\\])|([^\\]+)/gy;
  let end = 0;
  for (const [whole, hex, special, plain] of written.matchAll(piece)) {
    end += whole.length;
    bytes.push(hex === undefined ? Buffer.from(special ?? plain ?? '') : Buffer.from(hex, 'hex'));
  }
  return end === written.length ? Buffer.concat(bytes).toString('utf8') : undefined;
}

function splitUnescaped(text: string, separator: string): string[] {
  const parts = [''];
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? '';
    if (character === separator) parts.push('');
    else parts[parts.length - 1] += character === '\\' ? character + (text[++at] ?? '') : character;
  }
  return parts;
}
