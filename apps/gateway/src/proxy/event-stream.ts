import type { ServerResponse } from 'node:http';

const newLine = 0x0a;
const carriageReturn = 0x0d;
const colon = 0x3a;

/** Finds where events begin in a `text/event-stream`, however it is cut into pieces (HTML standard, section 9.2.6). */
export class EventScanner {
  #isLineStart = true;
  #isInEvent = false;
  #wasReturn = false;

  /** How many of the bytes may pass: all, or those before the first event that `mayPass` says no to. */
  scan(chunk: Buffer, mayPass: () => boolean): number {
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] as number;
      if (byte === newLine || byte === carriageReturn) {
        // The second half of a line end is no line of its own.
        if (!(byte === newLine && this.#wasReturn)) this.#endLine();
        this.#wasReturn = byte === carriageReturn;
        continue;
      }
      this.#wasReturn = false;
      // A comment, which keeps the connection alive, is no event.
      if (this.#isLineStart && !this.#isInEvent && byte !== colon) {
        if (!mayPass()) return at;
        this.#isInEvent = true;
      }
      this.#isLineStart = false;
    }
    return chunk.length;
  }

  /** A blank line ends the event. */
  #endLine(): void {
    if (this.#isLineStart) this.#isInEvent = false;
    this.#isLineStart = true;
  }
}

/** Ends an answer with the last event that may be delivered. No forwarder need know of this. */
export function limitEvents(response: ServerResponse, mayPass: () => boolean): void {
  const scanner = new EventScanner();
  const write = response.write.bind(response) as (chunk: Buffer | string, encoding?: BufferEncoding) => boolean;
  const end = response.end.bind(response) as (chunk?: Buffer) => ServerResponse;
  /** Whether the stream goes on. */
  const pass = (
    chunk: Buffer | string,
    encoding: BufferEncoding | undefined,
    send: (part: Buffer) => void,
  ): boolean => {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;
    const length = scanner.scan(bytes, mayPass);
    if (length > 0) send(length === bytes.length ? bytes : bytes.subarray(0, length));
    return length === bytes.length;
  };
  Object.assign(response, {
    write: (chunk: Buffer | string, encoding?: BufferEncoding): boolean => {
      // What still comes from the backend after that goes nowhere; it is given up when the answer has gone out.
      if (response.writableEnded) return true;
      let isRoomLeft = true;
      const goesOn = pass(chunk, encoding, (part) => {
        isRoomLeft = write(part);
      });
      if (!goesOn) end();
      return goesOn ? isRoomLeft : true;
    },
    end: (chunk?: Buffer | string, encoding?: BufferEncoding): ServerResponse => {
      if (chunk === undefined || response.writableEnded) return end();
      pass(chunk, encoding, write);
      return end();
    },
  });
}
