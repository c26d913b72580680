import { EventEmitter } from 'node:events';
import { Metadata, status } from '@grpc/grpc-js';
import type { HotPathRequests, HotPathResponse } from '@keygate/proto/keymanager/v1/hot_path';
import { HotPathRequests as RequestsCodec } from '@keygate/proto/keymanager/v1/hot_path';
import { TokenState } from '@keygate/proto/keymanager/v1/key_validation';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { HotPathAnswer, HotPathCall, HotPathQuestion } from './hot-path-call.js';
import { type ExchangeStream, HotPathStream } from './hot-path-stream.js';

/** The client's end of a stream, with a transport that can be full. */
class FakeStream extends EventEmitter {
  readonly sent: HotPathRequests[] = [];
  isFull = false;
  isHalfClosed = false;
  write(message: HotPathRequests): boolean {
    this.sent.push(message);
    return !this.isFull;
  }
  end(): void {
    this.isHalfClosed = true;
  }
  cancel(): void {
    this.over(status.CANCELLED);
  }
  over(code: status, details = 'gone', metadata = new Metadata()): void {
    if (code !== status.OK) this.emit('error', new Error(details));
    this.emit('status', { code, details, metadata });
  }
  hear(...responses: HotPathResponse[]): void {
    this.emit('data', { responses, draining: false });
  }
  get entries() {
    return this.sent.flatMap(({ requests }) => requests);
  }
}

const streams: FakeStream[] = [];
afterEach(() => {
  for (const stream of streams.splice(0)) stream.over(status.CANCELLED);
  vi.useRealTimers();
});

function open({ live = true } = {}) {
  const fake = new FakeStream();
  streams.push(fake);
  const events: string[] = [];
  const stream = new HotPathStream(fake as unknown as ExchangeStream, {
    onLive: () => events.push('live'),
    onDraining: () => events.push('draining'),
    onSilent: () => events.push('silent'),
    onOver: ({ code }) => events.push(`over ${status[code]}`),
  });
  if (live) fake.emit('metadata', new Metadata());
  return { fake, stream, events };
}

const validate = (deadlineMillis = 60_000): HotPathCall => ({
  question: { $case: 'validateToken', validateToken: { tokenHash: Buffer.alloc(32, 1) } },
  correlationId: '',
  deadlineMillis,
});
const issueOf = (value: string): HotPathCall => ({
  question: {
    $case: 'issueToken',
    issueToken: { request: { parameters: [{ name: 'a', value }], clientAddress: '', authorization: undefined } },
  } as HotPathQuestion,
  correlationId: 'x',
  deadlineMillis: 60_000,
});
const validated = (revocationSeq: number): HotPathAnswer<'validateToken'> => ({
  $case: 'validateToken',
  validateToken: { state: TokenState.TOKEN_STATE_ACTIVE, facts: undefined, revocationSeq },
});
/** Time stands still but for `advanceTimersByTime`; turns of the event loop go on. */
const freezeTime = () => vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
const turn = () => new Promise(setImmediate);
const outcome = (asked: Promise<unknown> | undefined) =>
  asked?.catch(({ code, mayHaveBegun }) => ({ code, mayHaveBegun })) ?? 'not taken';

describe('a stream of calls', () => {
  it('takes calls once the key manager has accepted it, and until it is over', () => {
    const { stream, fake, events } = open({ live: false });
    expect(stream.isOpen).toBe(false);
    fake.emit('metadata', new Metadata());
    expect(stream.isOpen).toBe(true);
    fake.over(status.UNAVAILABLE);
    expect(stream.isOpen).toBe(false);
    expect(events).toEqual(['live', 'over UNAVAILABLE']);
  });

  it('sends the calls of one turn in one message and gives each its own answer', async () => {
    const { stream, fake } = open();
    const asked = [stream.ask(validate()), stream.ask(validate()), stream.ask(validate())];
    expect(fake.sent).toEqual([]);
    await turn();
    expect(fake.sent).toHaveLength(1);
    const [first = 0, second = 0, third = 0] = fake.entries.map(({ id }) => id);
    fake.hear({ id: third, response: validated(3) }, { id: first, response: validated(1) });
    fake.hear({ id: second, response: validated(2) });
    expect(await Promise.all(asked)).toEqual([validated(1), validated(2), validated(3)]);
    expect(stream.load).toBe(0);
  });

  it('never uses an id twice', async () => {
    const { stream, fake } = open();
    for (let n = 0; n < 500; n++) {
      void outcome(stream.ask(validate()));
      if (n % 7 === 0) await turn();
      if (n % 11 === 0) fake.hear({ id: fake.entries.at(-1)?.id ?? 0, response: validated(n) });
    }
    await turn();
    const ids = fake.entries.map(({ id }) => id);
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
    expect(new Set(ids).size).toBe(500);
  });

  it('ignores an answer that nobody waits for, and a second one to the same id', async () => {
    const { stream, fake } = open();
    const asked = stream.ask(validate());
    await turn();
    const id = fake.entries[0]?.id ?? 0;
    fake.hear({ id: 999, response: validated(9) }, { id, response: validated(1) }, { id, response: validated(2) });
    expect(await asked).toEqual(validated(1));
    expect(stream.isOpen).toBe(true);
  });

  it.each<[string, HotPathResponse['response']]>([
    ['an answer of another kind', { $case: 'revokeToken', revokeToken: {} }],
    ['an empty answer', undefined],
  ])('takes %s for a fault', async (_what, response) => {
    const { stream, fake } = open();
    const asked = outcome(stream.ask(validate()));
    await turn();
    fake.hear({ id: fake.entries[0]?.id ?? 0, response });
    expect(await asked).toEqual({ code: status.INTERNAL, mayHaveBegun: true });
  });

  it.each([
    [status.UNAVAILABLE, true],
    [status.INTERNAL, true],
    [status.RESOURCE_EXHAUSTED, false],
    [status.UNIMPLEMENTED, false],
  ])('passes on failure %s and whether the call may have begun', async (code, mayHaveBegun) => {
    const { stream, fake } = open();
    const asked = outcome(stream.ask(validate()));
    await turn();
    const failure = { code, details: 'why' };
    fake.hear({ id: fake.entries[0]?.id ?? 0, response: { $case: 'failure', failure } });
    expect(await asked).toEqual({ code, mayHaveBegun });
  });

  it('keeps messages under 16 KiB, and lets calls that are large go alone', async () => {
    const { stream, fake } = open();
    const asked: unknown[] = [];
    for (let n = 0; n < 400; n++) asked.push(stream.ask(validate()));
    for (let n = 0; n < 20; n++) asked.push(stream.ask(issueOf('x'.repeat(1_000 + n * 300))));
    expect(stream.ask(issueOf('x'.repeat(9_000)))).toBeUndefined();
    await turn();
    expect(fake.entries).toHaveLength(420);
    for (const message of fake.sent) expect(RequestsCodec.encode(message).finish().length).toBeLessThanOrEqual(16_384);
    for (const one of asked) void outcome(one as Promise<unknown>);
  });

  it('sends nothing to a full transport, is not open meanwhile, and sends the rest afterwards', async () => {
    const { stream, fake } = open();
    fake.isFull = true;
    for (let n = 0; n < 1_000; n++) void outcome(stream.ask(validate()));
    await turn();
    expect(fake.sent).toHaveLength(1);
    expect(stream.isOpen).toBe(false);
    fake.isFull = false;
    fake.emit('drain');
    expect(fake.entries).toHaveLength(1_000);
    expect(stream.isOpen).toBe(true);
  });

  it('ends every call by its own deadline, and says when nothing at all was heard', async () => {
    freezeTime();
    const { stream, fake, events } = open();
    const short = outcome(stream.ask(validate(30)));
    const long = stream.ask(validate(60_000));
    await turn();
    vi.advanceTimersByTime(100);
    expect(await short).toEqual({ code: status.DEADLINE_EXCEEDED, mayHaveBegun: true });
    expect(events).toEqual(['live', 'silent']);
    // The late answer is nobody's.
    fake.hear({ id: 1, response: validated(1) }, { id: 2, response: validated(2) });
    expect(await long).toEqual(validated(2));
  });

  it('is not open while calls wait and nothing is heard', async () => {
    freezeTime();
    const { stream, fake } = open();
    void outcome(stream.ask(validate()));
    void outcome(stream.ask(validate()));
    await turn();
    expect(stream.isOpen).toBe(true);
    vi.advanceTimersByTime(350);
    expect(stream.isOpen).toBe(false);
    fake.hear({ id: 1, response: validated(1) });
    expect(stream.isOpen).toBe(true);
  });

  it('fails what is open when it breaks, and tells sent from unsent', async () => {
    const { stream, fake, events } = open();
    const sent = outcome(stream.ask(validate()));
    await turn();
    const unsent = outcome(stream.ask(validate()));
    fake.over(status.INTERNAL, 'RST_STREAM');
    expect(await sent).toEqual({ code: status.UNAVAILABLE, mayHaveBegun: true });
    expect(await unsent).toEqual({ code: status.UNAVAILABLE, mayHaveBegun: false });
    expect(events).toEqual(['live', 'over INTERNAL']);
    expect(fake.sent).toHaveLength(1);
  });

  it('fails what is open also when the key manager ends it in order', async () => {
    const { stream, fake } = open();
    const asked = outcome(stream.ask(validate()));
    await turn();
    fake.over(status.OK);
    expect(await asked).toEqual({ code: status.UNAVAILABLE, mayHaveBegun: true });
  });

  it('takes what the key manager had not begun when it ended for unsent', async () => {
    const { stream, fake } = open();
    const asked = [stream.ask(validate()), stream.ask(validate())].map(outcome);
    await turn();
    const trailers = new Metadata();
    trailers.set('last-id', '1');
    fake.over(status.OK, '', trailers);
    expect(await Promise.all(asked)).toEqual([
      { code: status.UNAVAILABLE, mayHaveBegun: true },
      { code: status.UNAVAILABLE, mayHaveBegun: false },
    ]);
  });

  it('sends what it has when it is retired, no more, and still hears the answers', async () => {
    const { stream, fake, events } = open();
    const asked = stream.ask(validate());
    fake.emit('data', { responses: [], draining: true });
    expect(events).toEqual(['live', 'draining']);
    stream.retire();
    stream.retire();
    expect(fake.entries).toHaveLength(1);
    expect(fake.isHalfClosed).toBe(true);
    expect(stream.isOpen).toBe(false);
    fake.hear({ id: 1, response: validated(1) });
    expect(await asked).toEqual(validated(1));
    fake.over(status.OK);
    expect(events).toEqual(['live', 'draining', 'over OK']);
  });
});
