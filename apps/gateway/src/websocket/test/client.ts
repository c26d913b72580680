import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { WebSocket } from 'undici';

/** undici's client, which is none of ours, with what it heard. */
export interface Listened {
  readonly socket: WebSocket;
  readonly messages: string[];
  /** `[code, reason]` once it is closed. */
  readonly closed: Promise<readonly [number, string]>;
  next(): Promise<string>;
}

export async function open(
  url: string,
  given: { readonly headers?: Record<string, string>; readonly protocols?: string[] } = {},
): Promise<Listened> {
  const socket = new WebSocket(url, { headers: given.headers ?? {}, protocols: given.protocols ?? [] });
  socket.binaryType = 'arraybuffer';
  const messages: string[] = [];
  const waiting: ((text: string) => void)[] = [];
  let taken = 0;
  socket.addEventListener('message', ({ data }) => {
    const text = typeof data === 'string' ? data : `${(data as ArrayBuffer).byteLength} bytes`;
    messages.push(text);
    if (waiting.length > 0) {
      taken += 1;
      waiting.shift()?.(text);
    }
  });
  const closed = new Promise<readonly [number, string]>((resolve) => {
    socket.addEventListener('close', ({ code, reason }) => resolve([code, reason]));
  });
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', () => reject(new Error('refused')));
  });
  return {
    socket,
    messages,
    closed,
    next: () => {
      const known = messages[taken];
      if (known === undefined) return new Promise((resolve) => waiting.push(resolve));
      taken += 1;
      return Promise.resolve(known);
    },
  };
}

/** A handshake and frames by hand: what a well-behaved client library does not let one send. */
export class RawClient {
  readonly socket: Socket;
  #received = Buffer.alloc(0);

  constructor(port: number, target: string, headers: readonly string[] = usual) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    this.socket.on('error', () => undefined);
    this.socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk]);
    });
    this.socket.write(`${[`GET ${target} HTTP/1.1`, 'Host: gateway.test', ...headers, '', ''].join('\r\n')}`);
  }

  get received(): Buffer {
    return this.#received;
  }

  get closed(): Promise<void> {
    return new Promise((resolve) => {
      if (this.socket.closed) resolve();
      this.socket.on('end', () => this.socket.end());
      this.socket.once('close', () => resolve());
    });
  }
}

export const usual = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];

/** A masked frame with any first byte. */
export function clientFrame(first: number, payload: Buffer | string): Buffer {
  const body = Buffer.from(payload as string);
  const mask = randomBytes(4);
  const masked = Buffer.from(body.map((byte, index) => byte ^ (mask[index % 4] as number)));
  if (body.length < 126) return Buffer.concat([Buffer.from([first, 0x80 | body.length]), mask, masked]);
  const head = Buffer.alloc(body.length < 65_536 ? 4 : 10);
  head[0] = first;
  head[1] = 0x80 | (body.length < 65_536 ? 126 : 127);
  if (body.length < 65_536) head.writeUInt16BE(body.length, 2);
  else head.writeBigUInt64BE(BigInt(body.length), 2);
  return Buffer.concat([head, mask, masked]);
}
