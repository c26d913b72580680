import { connect, type Socket } from 'node:net';

/** HTTP/2 frames by hand: what a well-behaved client library does not let one send (RFC 9113 section 4). */
export class FrameClient {
  readonly socket: Socket;

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.on('error', () => undefined);
    this.socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    this.#frame(settings, 0, 0, Buffer.alloc(0));
  }

  /** HEADERS on stream 1, with END_HEADERS and without END_STREAM. */
  headers(fields: Readonly<Record<string, string>>): void {
    const block = Object.entries(fields).flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]);
    this.#frame(headers, 4, 1, Buffer.concat(block));
  }

  data(body: string): void {
    this.#frame(data, 0, 1, Buffer.from(body));
  }

  reset(code: number): void {
    this.#frame(resetStream, 0, 1, Buffer.from([0, 0, 0, code]));
  }

  #frame(type: number, flags: number, stream: number, payload: Buffer): void {
    const head = Buffer.from([0, payload.length >> 8, payload.length & 255, type, flags, 0, 0, 0, stream]);
    this.socket.write(Buffer.concat([head, payload]));
  }
}

const data = 0;
const headers = 1;
const resetStream = 3;
const settings = 4;

/** A short string without Huffman coding (RFC 7541 section 5.2). */
function text(value: string): Buffer {
  return Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
}
