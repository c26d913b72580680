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
  /** Whether an answer with this head is looked at; absent: all are. */
  readonly checks?: ((status: number, headers: readonly string[]) => boolean) | undefined;
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

const methods = ['writeHead', 'write', 'end', 'flushHeaders'] as const;

class AnswerTap {
  /** The response itself: what is put before its methods is taken away again before it is written to. */
  readonly #writer: Writer;
  #isHolding: boolean;
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
    this.#putBefore({
      writeHead: (status, ...rest) => this.#onHead(status, rest),
      write: (chunk, encoding) => this.#onData(chunk, encoding),
      end: (chunk, encoding) => this.#onEnd(chunk, encoding),
      flushHeaders: () => {
        if (!this.#isHolding) this.#past(() => this.#writer.flushHeaders());
      },
    });
    this.response.once('close', () => this.#leave());
  }

  #putBefore(writer: Writer): void {
    Object.assign(this.response, writer);
  }

  #uninstall(): void {
    for (const method of methods) Reflect.deleteProperty(this.response, method);
  }

  /** Writes without being heard: the methods of a response call each other, those of HTTP/2 in particular. */
  #past<T>(write: () => T): T {
    const { writeHead, write: heard, end, flushHeaders } = this.#writer;
    this.#uninstall();
    const result = write();
    this.#putBefore({ writeHead, write: heard, end, flushHeaders });
    return result;
  }

  #onHead(status: number, rest: readonly unknown[]): unknown {
    if (this.tap.isFault()) {
      this.#leave();
      this.#uninstall();
      return this.#writer.writeHead(status, ...rest);
    }
    this.#head = { status, rest };
    if (this.#isHolding && this.tap.checks?.(status, linesOf(rest.at(-1))) === false) this.#isHolding = false;
    if (!this.#isHolding && this.tap.keep === undefined) {
      this.#leave();
      this.#uninstall();
      return this.#writer.writeHead(status, ...rest);
    }
    return this.#isHolding ? this.response : this.#past(() => this.#writer.writeHead(status, ...rest));
  }

  #onData(chunk: Buffer | string, encoding?: BufferEncoding): boolean {
    this.#take(chunk, encoding);
    return this.#isHolding || this.#past(() => this.#writer.write(chunk, encoding));
  }

  #onEnd(chunk?: Buffer | string, encoding?: BufferEncoding): unknown {
    if (chunk !== undefined) this.#take(chunk, encoding);
    if (this.response.writableEnded) return this.response;
    if (!this.#isOver) {
      const answer = this.#whole();
      const problem = this.#isHolding ? this.tap.check?.(answer) : undefined;
      if (problem !== undefined) return this.#fail(problem);
      this.tap.keep?.(answer);
      this.#leave();
      if (this.#isHolding) return this.#send(answer);
    }
    this.#uninstall();
    return chunk === undefined ? this.#writer.end() : this.#writer.end(chunk, encoding);
  }

  #send({ status, body }: WholeAnswer): unknown {
    this.#uninstall();
    this.#writer.writeHead(status, ...(this.#head?.rest ?? []));
    return body.length === 0 ? this.#writer.end() : this.#writer.end(body);
  }

  /** What the forwarder still has of the answer goes nowhere: behind a fault it would be an error, or worse an answer. */
  #fail(error: GatewayError): unknown {
    this.#leave();
    this.#uninstall();
    this.tap.fail(error);
    this.#putBefore({
      writeHead: () => this.response,
      write: () => true,
      end: () => this.response,
      flushHeaders: () => undefined,
    });
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
    if (this.#isHolding) this.#fail(this.tap.tooLarge());
    else this.#leave();
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
