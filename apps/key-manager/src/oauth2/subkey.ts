import { hkdfSync } from 'node:crypto';

const minimumKeyBytes = 32;

/** One key per purpose out of the server key, so that a value of one kind can never be one of another kind. RFC 5869. */
export function subkey(serverKey: Buffer, purpose: string, length = 32): Buffer {
  if (serverKey.length < minimumKeyBytes) throw new Error(`the server key is shorter than ${minimumKeyBytes} bytes`);
  return Buffer.from(hkdfSync('sha256', serverKey, '', `keygate/${purpose}/v1`, length));
}
