import { parseTrailers } from './response-head.js';
import { protocolError } from './upstream-error.js';

/** Where the decoder stands (RFC 9112 section 7.1). */
const size = 0;
const data = 1;
const dataEnd = 2;
const trailer = 3;
const done = 4;

/** A size line with its extensions, which are read and dropped; and all trailers together. Bytes. */
const maxSizeLine = 1_024;
const maxTrailers = 16_384;

const lf = 0x0a;
const cr = 0x0d;

/** Takes the chunks off an answer. Any other spelling of the framing than the one of the RFC ends the connection. */
export class ChunkedDecoder {
  #state = size;
  /** Bytes of the chunk that are still to come. */
  #left = 0;
  /** The beginning of a line whose end has not come yet. */
  #line = '';
  #trailers = '';
  trailers: string[] = [];

  get isDone(): boolean {
    return this.#state === done;
  }

  /** Gives `take` the pieces of the body in `buffer`, and answers the position after the last byte that was used. */
  decode(buffer: Buffer, from: number, to: number, take: (start: number, end: number) => void): number {
    let at = from;
    while (at < to && this.#state !== done) {
      if (this.#state === data) {
        const end = Math.min(to, at + this.#left);
        take(at, end);
        this.#left -= end - at;
        at = end;
        if (this.#left === 0) this.#state = dataEnd;
      } else {
        at = this.#readLine(buffer, at, to);
      }
    }
    return at;
  }

  #readLine(buffer: Buffer, from: number, to: number): number {
    // Not `indexOf`: the buffer goes on behind `to`, with what was in it before.
    let end = from;
    while (end < to && buffer[end] !== lf) end++;
    const isWhole = end < to;
    this.#line += buffer.toString('latin1', from, isWhole ? end + 1 : to);
    if (this.#line.length > (this.#state === trailer ? maxTrailers : maxSizeLine)) {
      throw protocolError('a chunk line that is too long');
    }
    if (!isWhole) return to;
    const line = this.#line;
    this.#line = '';
    if (line.charCodeAt(line.length - 2) !== cr) throw protocolError('a bare line end in the chunks');
    this.#lineRead(line.slice(0, -2));
    return end + 1;
  }

  #lineRead(line: string): void {
    switch (this.#state) {
      case size:
        this.#left = sizeOf(line);
        this.#state = this.#left === 0 ? trailer : data;
        return;
      case dataEnd:
        if (line !== '') throw protocolError('a chunk that is longer than it says');
        this.#state = size;
        return;
      default:
        this.#trailerRead(line);
    }
  }

  #trailerRead(line: string): void {
    if (line === '') {
      if (this.#trailers !== '') this.trailers = parseTrailers(this.#trailers);
      this.#state = done;
      return;
    }
    this.#trailers += this.#trailers === '' ? line : `\r\n${line}`;
    if (this.#trailers.length > maxTrailers) throw protocolError('too many trailers');
  }
}

/** Hexadecimal digits, then perhaps extensions of visible characters and blanks; llhttp takes no blank before them either. */
const sizeLine = /^([0-9a-f]{1,13})(?:;[\t\x20-\x7e\x80-\xff]*)?$/i;

function sizeOf(line: string): number {
  const digits = sizeLine.exec(line)?.[1];
  if (digits === undefined) throw protocolError('a malformed chunk size');
  return Number.parseInt(digits, 16);
}
