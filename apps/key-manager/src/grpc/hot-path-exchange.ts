import { Metadata, type ServerDuplexStream, status } from '@grpc/grpc-js';
import type {
  HotPathRequest,
  HotPathRequests,
  HotPathResponse,
  HotPathResponses,
} from '@keygate/proto/keymanager/v1/hot_path';
import { type AnswerEntry, failure, type HotPathAnswer } from './hot-path-answer.js';

export type ExchangeCall = ServerDuplexStream<HotPathRequests, HotPathResponses>;

export interface ExchangeSettings {
  /** Entries begun or waiting to be taken by the reader; more are refused unbegun. */
  readonly maxInFlight: number;
  /** How long a gateway that was told of the end may go on sending before the first idle moment ends the stream. */
  readonly farewellMillis?: number;
}

/** Keeps a message small enough for one turn of the reader's event loop. */
const answersPerMessage = 256;

/**
 * One open `Exchange`. Entries are begun as they arrive and answered as they get ready, all that got ready in one turn of
 * the event loop in one message. A reader that does not take its answers is not read from either, so what it can hold
 * here is bounded by `maxInFlight`.
 */
export class HotPathExchange {
  readonly #call: ExchangeCall;
  readonly #answer: AnswerEntry;
  readonly #maxInFlight: number;
  readonly #farewellMillis: number;
  #ready: HotPathResponse[] = [];
  #running = 0;
  #lastId = 0;
  #isFlushing = false;
  #isBlocked = false;
  #isOver = false;
  /** Nothing more is awaited from the gateway: the stream ends with its last answer. */
  #isLeaving = false;
  #farewell: NodeJS.Timeout | undefined;

  constructor(call: ExchangeCall, answer: AnswerEntry, { maxInFlight, farewellMillis = 1_000 }: ExchangeSettings) {
    this.#call = call;
    this.#answer = answer;
    this.#maxInFlight = maxInFlight;
    this.#farewellMillis = farewellMillis;
  }

  /** Resolves when the stream is over, for whatever reason. */
  serve(): Promise<void> {
    const call = this.#call;
    // At once: it tells the gateway that this key manager knows the stream.
    call.sendMetadata(new Metadata());
    call.on('data', (message: HotPathRequests) => this.#receive(message));
    call.on('drain', () => this.#unblock());
    call.on('end', () => this.#leave());
    return new Promise((resolve) => {
      const over = () => {
        this.#isOver = true;
        this.#ready = [];
        clearTimeout(this.#farewell);
        resolve();
      };
      for (const event of ['cancelled', 'finish', 'close']) call.on(event, over);
    });
  }

  /** Asks the gateway to go elsewhere. What it sent is answered; so is what it sends until it has heard. */
  drain(): void {
    if (this.#isOver || this.#farewell) return;
    this.#call.write({ responses: [], draining: true });
    this.#farewell = setTimeout(() => this.#leave(), this.#farewellMillis);
  }

  #receive({ requests }: HotPathRequests): void {
    for (const request of requests) {
      if (this.#isOver) return;
      // An id that came twice could hand the token of one client to another.
      if (request.id <= this.#lastId) {
        this.#fail(status.INVALID_ARGUMENT, 'ids must grow');
        return;
      }
      this.#lastId = request.id;
      if (this.#running + this.#ready.length < this.#maxInFlight) this.#begin(request);
      else this.#say(request.id, failure(status.RESOURCE_EXHAUSTED, 'too many calls in flight on this stream'));
    }
  }

  #begin(request: HotPathRequest): void {
    this.#running += 1;
    const deadline = request.deadlineMillis > 0 ? performance.now() + request.deadlineMillis : Number.POSITIVE_INFINITY;
    this.#answer(request, () => this.#isOver || performance.now() > deadline).then((answer) => {
      this.#running -= 1;
      this.#say(request.id, answer);
    });
  }

  #say(id: number, response: HotPathAnswer): void {
    if (this.#isOver) return;
    this.#ready.push({ id, response });
    if (this.#isFlushing || this.#isBlocked) return;
    this.#isFlushing = true;
    setImmediate(() => {
      this.#isFlushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    while (this.#ready.length > 0 && !this.#isBlocked && !this.#isOver) {
      const responses = this.#ready.length <= answersPerMessage ? this.#ready : this.#ready.slice(0, answersPerMessage);
      this.#ready = responses === this.#ready ? [] : this.#ready.slice(answersPerMessage);
      if (!this.#call.write({ responses, draining: false })) this.#block();
    }
    if (this.#isLeaving && this.#isIdle) this.#end();
  }

  get #isIdle(): boolean {
    return this.#running === 0 && this.#ready.length === 0;
  }

  #block(): void {
    this.#isBlocked = true;
    this.#call.pause();
  }

  #unblock(): void {
    if (!this.#isBlocked) return;
    this.#isBlocked = false;
    this.#call.resume();
    this.#flush();
  }

  #leave(): void {
    this.#isLeaving = true;
    if (this.#isIdle) this.#end();
  }

  /** Says which entry was the last one begun: what a slow gateway sent after that may be sent elsewhere (hot_path.proto). */
  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const trailers = new Metadata();
    trailers.set('last-id', String(this.#lastId));
    this.#call.end(trailers);
  }

  #fail(code: status, details: string): void {
    this.#isOver = true;
    this.#ready = [];
    // grpc-js makes this the status of the call and ends it.
    this.#call.emit('error', { code, details });
  }
}
