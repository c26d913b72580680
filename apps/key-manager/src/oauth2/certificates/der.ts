/** One value of DER (ITU-T X.690), its content not looked at. */
export interface DerValue {
  readonly tag: number;
  readonly content: Buffer;
}

export class MalformedDer extends Error {
  override readonly name = 'MalformedDer';
}

/** The value that fills `bytes`; throws `MalformedDer`. */
export function readDer(bytes: Buffer): DerValue {
  const [value, ...more] = readDerValues(bytes);
  if (!value || more.length > 0) throw new MalformedDer('one value was expected');
  return value;
}

/** The values that follow one another in `bytes`, such as the members of a SEQUENCE. */
export function readDerValues(bytes: Buffer): DerValue[] {
  const values: DerValue[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at] ?? 0;
    // No certificate has tags of more than one byte in what is read here.
    if ((tag & 0x1f) === 0x1f) throw new MalformedDer('a long tag');
    const { length, start } = readLength(bytes, at + 1);
    if (start + length > bytes.length) throw new MalformedDer('a value is cut short');
    values.push({ tag, content: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return values;
}

function readLength(bytes: Buffer, at: number): { length: number; start: number } {
  const first = bytes[at] ?? 0x80;
  if (first < 0x80) return { length: first, start: at + 1 };
  const size = first & 0x7f;
  if (size === 0 || size > 4 || at + 1 + size > bytes.length) throw new MalformedDer('a length cannot be read');
  return { length: bytes.readUIntBE(at + 1, size), start: at + 1 + size };
}

/** An OBJECT IDENTIFIER in dotted decimal. */
export function readOid(content: Buffer): string {
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of content) {
    arc = arc * 128 + (byte & 0x7f);
    if (arc > Number.MAX_SAFE_INTEGER / 128) throw new MalformedDer('an arc is too large');
    if (byte & 0x80) continue;
    arcs.push(arc);
    arc = 0;
  }
  const [first = 0, ...rest] = arcs;
  const root = Math.min(2, Math.floor(first / 40));
  return [root, first - root * 40, ...rest].join('.');
}
