import { connect, type Socket } from 'node:net';

/** Names and values, in order; names may repeat. */
export type Fields = readonly (readonly [name: string, value: string])[];

/** HTTP/2 frames by hand: what a well-behaved client library does not let one send (RFC 9113 section 4). */
export class FrameClient {
  readonly socket: Socket;
  /** The status of the answer, or that the stream was reset or the connection ended. */
  readonly outcome: Promise<string>;
  #pending = Buffer.alloc(0);
  #settle: (outcome: string) => void = () => undefined;

  constructor(port: number) {
    this.outcome = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.socket = connect(port, '127.0.0.1');
    this.socket.on('error', () => undefined);
    this.socket.on('data', (chunk) => this.#read(chunk));
    this.socket.on('close', () => this.#settle('closed'));
    this.socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    this.#frame(settings, 0, 0, Buffer.alloc(0));
  }

  /** HEADERS on stream 1, continued as often as they need, and with END_STREAM if nothing follows. */
  headers(fields: Readonly<Record<string, string>> | Fields, isLast = false): void {
    const list: Fields = Array.isArray(fields) ? (fields as Fields) : Object.entries(fields);
    const block = Buffer.concat(list.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]));
    const isWhole = block.length <= maxFrame;
    this.#frame(headers, (isWhole ? 4 : 0) | (isLast ? 1 : 0), 1, block.subarray(0, maxFrame));
    for (let from = maxFrame; from < block.length; from += maxFrame) {
      const isEnd = from + maxFrame >= block.length;
      this.#frame(continuation, isEnd ? 4 : 0, 1, block.subarray(from, from + maxFrame));
    }
  }

  data(body: string, isLast = false): void {
    this.#frame(data, isLast ? 1 : 0, 1, Buffer.from(body));
  }

  reset(code: number): void {
    this.#frame(resetStream, 0, 1, Buffer.from([0, 0, 0, code]));
  }

  #frame(type: number, flags: number, stream: number, payload: Buffer): void {
    const head = Buffer.from([0, payload.length >> 8, payload.length & 255, type, flags, 0, 0, 0, stream]);
    this.socket.write(Buffer.concat([head, payload]));
  }

  #read(chunk: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    while (this.#pending.length >= 9) {
      const length = this.#pending.readUIntBE(0, 3);
      if (this.#pending.length < 9 + length) return;
      const type = this.#pending[3];
      const payload = this.#pending.subarray(9, 9 + length);
      this.#pending = this.#pending.subarray(9 + length);
      if (type === headers) this.#settle(statusIn(payload));
      if (type === resetStream) this.#settle('reset');
      if (type === goAway && payload.readUInt32BE(4) !== 0) this.#settle('closed');
    }
  }
}

const data = 0;
const headers = 1;
const resetStream = 3;
const settings = 4;
const goAway = 7;
const continuation = 9;
const maxFrame = 16_384;

/** The first field of an answer: from the static table, or as a literal (RFC 7541 appendix A). */
function statusIn(block: Buffer): string {
  const known: Readonly<Record<number, string>> = {
    8: '200',
    9: '204',
    10: '206',
    11: '304',
    12: '400',
    13: '404',
    14: '500',
  };
  const first = block[0] as number;
  if (first >= 0x80) return known[first & 0x7f] ?? 'unknown';
  const length = (block[1] as number) & 0x7f;
  const isHuffman = ((block[1] as number) & 0x80) !== 0;
  return isHuffman ? digits(block.subarray(2, 2 + length)) : block.subarray(2, 2 + length).toString('latin1');
}

/** Three digits in Huffman code: `0` to `2` have five bits, the others six (RFC 7541 appendix B). */
function digits(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  let result = '';
  for (let at = 0; result.length < 3; ) {
    const short = Number.parseInt(bits.slice(at, at + 5), 2);
    if (short <= 2) {
      result += short;
      at += 5;
    } else {
      result += Number.parseInt(bits.slice(at, at + 6), 2) - 0x19 + 3;
      at += 6;
    }
  }
  return result;
}

/** A string without Huffman coding (RFC 7541 section 5.2). */
function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1');
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  const rest = bytes.length - 127;
  return Buffer.concat([
    Buffer.from([127, (rest & 127) | (rest > 127 ? 128 : 0), ...(rest > 127 ? [rest >> 7] : [])]),
    bytes,
  ]);
}
