import { randomBytes } from 'node:crypto';

/** A close frame (RFC 6455 section 5.5.1); masked when it goes to a backend. */
export function closeFrame(code: number, reason: string, isMasked = false): Buffer {
  // A control frame holds 125 bytes at most; only ASCII is cut without harm, and our own texts are ASCII.
  const text = Buffer.from(reason.replace(/[^\x20-\x7e]/g, '?').slice(0, 123), 'latin1');
  const payload = Buffer.alloc(2 + text.length);
  payload.writeUInt16BE(code, 0);
  text.copy(payload, 2);
  return frame(0x88, payload, isMasked);
}

/** A whole text message for a client; at most 125 bytes. */
export function textFrame(text: string): Buffer {
  return frame(0x81, Buffer.from(text), false);
}

function frame(first: number, payload: Buffer, isMasked: boolean): Buffer {
  if (!isMasked) return Buffer.concat([Buffer.from([first, payload.length]), payload]);
  const mask = randomBytes(4);
  const masked = payload.map((byte, index) => byte ^ (mask[index % 4] as number));
  return Buffer.concat([Buffer.from([first, 0x80 | payload.length]), mask, masked]);
}
