import { Duplex } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { Metadata, status } from '@grpc/grpc-js';
import type { HotPathRequest, HotPathRequests, HotPathResponses } from '@keygate/proto/keymanager/v1/hot_path';
import { describe, expect, it } from 'vitest';
import { type AnswerEntry, failure } from './hot-path-answer.js';
import { type ExchangeCall, HotPathExchange } from './hot-path-exchange.js';

/** The server's end of a stream as grpc-js behaves, with a reader that can stop reading. */
class FakeCall extends Duplex {
  readonly sent: HotPathResponses[] = [];
  metadataSent = 0;
  isReading = true;
  failure: { code: status } | undefined;
  #stuck: (() => void) | undefined;

  constructor() {
    super({ objectMode: true });
    this.on('error', (error) => {
      this.failure = error as unknown as { code: status };
      this.end();
    });
  }
  override _read(): void {}
  override _write(message: HotPathResponses, _encoding: string, taken: () => void): void {
    this.sent.push(message);
    if (this.isReading) taken();
    else this.#stuck = taken;
  }
  sendMetadata(): void {
    this.metadataSent += 1;
  }
  trailers: Metadata | undefined;
  /** As grpc-js has it: what the end is given are trailers, not a last message. */
  override end(trailers?: unknown): this {
    if (trailers instanceof Metadata) this.trailers = trailers;
    return super.end();
  }
  readOn(): void {
    this.isReading = true;
    this.#stuck?.();
  }
  cancel(): void {
    this.emit('cancelled');
    this.destroy();
  }
  receive(...requests: HotPathRequest[]): void {
    this.push({ requests } satisfies HotPathRequests);
  }
  get answers() {
    return this.sent.flatMap(({ responses }) => responses);
  }
}

const entry = (id: number, deadlineMillis = 0): HotPathRequest => ({
  id,
  deadlineMillis,
  correlationId: '',
  request: { $case: 'validateToken', validateToken: { tokenHash: Buffer.alloc(32) } },
});
const ids = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => entry(from + n));
const said = (text: string) => failure(status.INTERNAL, text);
const turns = async (count = 3) => {
  for (let n = 0; n < count; n++) await new Promise(setImmediate);
};

/** Work that waits until the test lets it go. */
class Work {
  readonly waiting = new Map<number, { done: () => void; isGone: () => boolean }>();
  begun = 0;
  readonly answer: AnswerEntry = ({ id }, isGone) => {
    this.begun += 1;
    return new Promise((resolve) => {
      const done = () => {
        this.waiting.delete(id);
        resolve(said(`${id}`));
      };
      this.waiting.set(id, { done, isGone });
    });
  };
  finish(...which: number[]): void {
    for (const id of which) this.waiting.get(id)?.done();
  }
  finishAll(): void {
    for (const { done } of this.waiting.values()) done();
  }
}

const instantly: AnswerEntry = async ({ id }) => said(`${id}`);

function serve(answer: AnswerEntry, settings: { maxInFlight?: number; farewellMillis?: number } = {}) {
  const call = new FakeCall();
  const exchange = new HotPathExchange(call as unknown as ExchangeCall, answer, { maxInFlight: 100, ...settings });
  let isOver = false;
  const over = exchange.serve().then(() => {
    isOver = true;
  });
  return { call, exchange, over, isOver: () => isOver };
}

describe('an Exchange of the key manager', () => {
  it('sends its metadata before it is asked anything', () => {
    expect(serve(instantly).call.metadataSent).toBe(1);
  });

  it('answers what got ready in one turn in one message', async () => {
    const { call } = serve(instantly);
    call.receive(...ids(1, 5));
    call.receive(...ids(6, 9));
    await turns();
    expect(call.sent).toHaveLength(1);
    expect(call.answers.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('answers in the order in which the answers got ready, each with its own id', async () => {
    const work = new Work();
    const { call } = serve(work.answer);
    call.receive(...ids(1, 3));
    await turns();
    work.finish(3);
    await turns();
    work.finish(1, 2);
    await turns();
    expect(call.answers.map(({ id, response }) => [id, response])).toEqual([
      [3, said('3')],
      [1, said('1')],
      [2, said('2')],
    ]);
  });

  it('refuses with RESOURCE_EXHAUSTED what is above the bound, and begins none of it', async () => {
    const work = new Work();
    const { call } = serve(work.answer, { maxInFlight: 3 });
    call.receive(...ids(1, 5));
    await turns();
    expect(work.begun).toBe(3);
    expect(call.answers).toMatchObject([
      { id: 4, response: { failure: { code: status.RESOURCE_EXHAUSTED } } },
      { id: 5, response: { failure: { code: status.RESOURCE_EXHAUSTED } } },
    ]);
    work.finishAll();
    await turns();
    call.receive(entry(6));
    await turns();
    expect(work.begun).toBe(4);
  });

  it.each([
    ['twice', [entry(7), entry(7)]],
    ['smaller than the one before', [entry(7), entry(6)]],
    ['of 0', [entry(0)]],
  ])('ends the stream with INVALID_ARGUMENT at an id %s, and answers nothing more', async (_what, entries) => {
    const { call, over } = serve(instantly);
    call.receive(...entries);
    await over;
    await turns();
    expect(call.failure?.code).toBe(status.INVALID_ARGUMENT);
    expect(call.sent).toEqual([]);
  });

  it('reads nothing from a reader that does not read, and loses no answer', async () => {
    const work = new Work();
    const { call } = serve(work.answer, { maxInFlight: 1_000 });
    call.isReading = false;
    let id = 0;
    // One answer a message: the transport takes a few, then says that it is full.
    for (; id < 30 && !call.isPaused(); ) {
      id += 1;
      call.receive(entry(id));
      await turns(2);
      work.finish(id);
      await turns(2);
    }
    expect(call.isPaused()).toBe(true);
    const begun = work.begun;
    for (let n = 0; n < 5; n++) call.receive(...ids(id + 1 + n * 100, id + 100 + n * 100));
    await turns();
    expect(work.begun).toBe(begun);
    call.readOn();
    await turns();
    work.finishAll();
    await turns();
    expect(call.answers).toHaveLength(id + 500);
    expect(call.isPaused()).toBe(false);
  });

  it('cuts many answers into messages', async () => {
    const { call } = serve(instantly, { maxInFlight: 1_000 });
    call.receive(...ids(1, 600));
    await turns();
    expect(call.sent.map(({ responses }) => responses.length)).toEqual([256, 256, 88]);
  });

  it('tells work that its caller is gone, by deadline or by the end of the stream', async () => {
    const work = new Work();
    const { call, over } = serve(work.answer);
    call.receive(entry(1, 5), entry(2, 60_000), entry(3));
    await turns();
    const gone = () => [1, 2, 3].map((id) => work.waiting.get(id)?.isGone());
    await wait(10);
    expect(gone()).toEqual([true, false, false]);
    call.cancel();
    await over;
    expect(gone()).toEqual([true, true, true]);
    work.finishAll();
    await turns();
    expect(call.sent).toEqual([]);
  });

  it('finishes what is open after the gateway has said its last, then ends', async () => {
    const work = new Work();
    const { call, over, isOver } = serve(work.answer);
    call.receive(...ids(1, 2));
    call.push(null);
    await turns();
    work.finish(1);
    await turns();
    expect(isOver()).toBe(false);
    work.finish(2);
    await over;
    expect(call.answers.map(({ id }) => id)).toEqual([1, 2]);
    expect(call.failure).toBeUndefined();
  });

  it('says that it drains, still answers, and ends when the gateway has half-closed', async () => {
    const { call, exchange, over, isOver } = serve(instantly, { farewellMillis: 60_000 });
    exchange.drain();
    exchange.drain();
    call.receive(entry(1));
    await turns();
    expect(call.sent.map(({ draining }) => draining)).toEqual([true, false]);
    expect(isOver()).toBe(false);
    call.push(null);
    await over;
  });

  it('ends when it is idle where a gateway does not heed the draining', async () => {
    const work = new Work();
    const { call, exchange, over, isOver } = serve(work.answer, { farewellMillis: 1 });
    call.receive(entry(1));
    await turns();
    exchange.drain();
    await wait(10);
    expect(isOver()).toBe(false);
    work.finishAll();
    await over;
    expect(call.answers.map(({ id }) => id)).toEqual([1]);
    // Nothing that comes now is begun, and the gateway is told so.
    call.receive(entry(2));
    await turns();
    expect(call.answers.map(({ id }) => id)).toEqual([1]);
    expect(call.trailers?.get('last-id')).toEqual(['1']);
  });
});
