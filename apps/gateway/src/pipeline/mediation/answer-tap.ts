import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { GatewayError } from '../gateway-errors.js';
import type { ByteBudget } from './byte-budget.js';

/** A backend's answer with its whole body. */
export interface WholeAnswer {
  readonly status: number;
  /** As the client gets them; names and values in turn. */
  readonly headers: readonly string[];
  readonly body: Buffer;
}

export interface Tap {
  /** Given up above it: a copy is dropped, an answer that had to be looked at fails with `tooLarge`. */
  readonly maxBytes: number;
  readonly budget: ByteBudget;
  /** Holds the answer back until all of it has been looked at; what it answers is sent instead. */
  readonly check?: ((answer: WholeAnswer) => GatewayError | undefined) | undefined;
  readonly tooLarge: () => GatewayError;
  /** Gets a copy of an answer that was sent whole. */
  readonly keep?: ((answer: WholeAnswer) => void) | undefined;
  /** Ends the request with a fault. */
  readonly fail: (error: GatewayError) => void;
  /** Whether what is written is the gateway's own fault and no answer of a backend. */
  readonly isFault: () => boolean;
}

/**
 * Looks at what a forwarder writes to a response, by standing before its methods. Only for APIs that keep or check
 * answers: all others stream, and no forwarder need know of this.
 */
export function tapAnswer(response: ServerResponse, tap: Tap): void {
  new AnswerTap(response, tap).install();
}

/** The forms in which forwarders of this gateway call the methods of a response. */
interface Writer {
  writeHead(status: number, ...rest: unknown[]): unknown;
  write(chunk: Buffer | string, encoding?: BufferEncoding): boolean;
  end(chunk?: Buffer | string, encoding?: BufferEncoding): unknown;
  flushHeaders(): void;
}

class AnswerTap {
  readonly #writer: Writer;
  readonly #isHolding: boolean;
  #head: { readonly status: number; readonly rest: readonly unknown[] } | undefined;
  #chunks: Buffer[] = [];
  #length = 0;
  #isOver = false;

  constructor(
    private readonly response: ServerResponse,
    private readonly tap: Tap,
  ) {
    this.#writer = response as unknown as Writer;
    this.#isHolding = tap.check !== undefined;
  }

  install(): void {
    const { writeHead, write, end, flushHeaders } = this.#writer;
    const passed: Writer = {
      writeHead: writeHead.bind(this.response),
      write: write.bind(this.response),
      end: end.bind(this.response),
      flushHeaders: flushHeaders.bind(this.response),
    };
    Object.assign(this.response, {
      writeHead: (status: number, ...rest: unknown[]) => this.#onHead(passed, status, rest),
      write: (chunk: Buffer | string, encoding?: BufferEncoding) => this.#onData(passed, chunk, encoding),
      end: (chunk?: Buffer | string, encoding?: BufferEncoding) => this.#onEnd(passed, chunk, encoding),
      flushHeaders: () => {
        if (!this.#isHolding || this.#isOver) passed.flushHeaders();
      },
    });
    this.response.once('close', () => this.#leave());
  }

  #onHead(passed: Writer, status: number, rest: readonly unknown[]): unknown {
    if (this.tap.isFault()) this.#leave();
    if (this.#isOver) return passed.writeHead(status, ...rest);
    this.#head = { status, rest };
    return this.#isHolding ? this.response : passed.writeHead(status, ...rest);
  }

  #onData(passed: Writer, chunk: Buffer | string, encoding?: BufferEncoding): boolean {
    this.#take(chunk, encoding);
    // Of an answer that was held back nothing is let out in parts, least of all behind the fault it has become.
    return this.#isHolding || passed.write(chunk, encoding);
  }

  #onEnd(passed: Writer, chunk?: Buffer | string, encoding?: BufferEncoding): unknown {
    if (this.response.writableEnded) return this.response;
    if (chunk !== undefined) this.#take(chunk, encoding);
    if (this.response.writableEnded) return this.response;
    if (this.#isOver) return chunk === undefined ? passed.end() : passed.end(chunk, encoding);
    const answer = this.#whole();
    const problem = this.tap.check?.(answer);
    if (problem === undefined) this.tap.keep?.(answer);
    this.#leave();
    if (problem !== undefined) this.tap.fail(problem);
    else if (!this.#isHolding) return chunk === undefined ? passed.end() : passed.end(chunk, encoding);
    else {
      passed.writeHead(answer.status, ...(this.#head?.rest ?? []));
      if (answer.body.length === 0) passed.end();
      else passed.end(answer.body);
    }
    return this.response;
  }

  /** A copy: the forwarder reads its next bytes into the same memory. */
  #take(chunk: Buffer | string, encoding?: BufferEncoding): void {
    if (this.#isOver) return;
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : Buffer.from(chunk);
    if (this.#length + bytes.length > this.tap.maxBytes || !this.tap.budget.take(bytes.length)) this.#giveUp();
    else {
      this.#length += bytes.length;
      this.#chunks.push(bytes);
    }
  }

  #giveUp(): void {
    this.#leave();
    if (this.#isHolding) this.tap.fail(this.tap.tooLarge());
  }

  #whole(): WholeAnswer {
    const { status, rest } = this.#head ?? { status: 200, rest: [] };
    return { status, headers: linesOf(rest.at(-1)), body: Buffer.concat(this.#chunks, this.#length) };
  }

  #leave(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.tap.budget.give(this.#length);
    this.#chunks = [];
  }
}

function linesOf(headers: unknown): readonly string[] {
  if (Array.isArray(headers)) return headers as string[];
  return Object.entries((headers ?? {}) as OutgoingHttpHeaders).flatMap(([name, value]) =>
    [value].flat().flatMap((item) => [name, String(item)]),
  );
}
