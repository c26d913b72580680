import { EventEmitter } from 'node:events';
import { Metadata, status } from '@grpc/grpc-js';
import { createLogger } from '@keygate/common/logging';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HotPathClient } from './hot-path.client.js';
import { HotPathLane } from './hot-path-lane.js';
import type { ExchangeStream, HotPathStream } from './hot-path-stream.js';

const logger = createLogger({ name: 'test', level: 'silent', format: 'json' });

class FakeStream extends EventEmitter {
  isHalfClosed = false;
  isCancelled = false;
  write = () => true;
  end(): void {
    this.isHalfClosed = true;
  }
  cancel(): void {
    if (this.isCancelled) return;
    this.isCancelled = true;
    this.over(status.CANCELLED);
  }
  accept(): void {
    this.emit('metadata', new Metadata());
  }
  over(code: status): void {
    this.emit('status', { code, details: '', metadata: new Metadata() });
  }
}

let opened: FakeStream[];
let lane: HotPathLane;
beforeEach(() => {
  vi.useFakeTimers();
  opened = [];
  const open = () => {
    const stream = new FakeStream();
    opened.push(stream);
    return stream as unknown as ExchangeStream;
  };
  lane = new HotPathLane({ open, logger });
  lane.start();
});
afterEach(() => {
  lane.stop();
  vi.useRealTimers();
});
/** Lets time pass until so many streams were opened; says how long that took. */
function untilOpened(count: number): number {
  let millis = 0;
  for (; opened.length < count && millis < 70_000; millis += 50) vi.advanceTimersByTime(50);
  return millis;
}
const newest = () => opened.at(-1) ?? new FakeStream();

describe('a lane to a key manager', () => {
  it('has a stream when the key manager has accepted it', () => {
    expect(lane.stream).toBeUndefined();
    newest().accept();
    expect(lane.stream).toBeDefined();
  });

  it('opens another when one breaks, with growing pauses while none is accepted', () => {
    newest().accept();
    newest().over(status.UNAVAILABLE);
    expect(lane.stream).toBeUndefined();
    vi.advanceTimersByTime(100);
    expect(opened).toHaveLength(2);
    for (let n = 0; n < 10; n++) {
      newest().over(status.UNAVAILABLE);
      vi.advanceTimersByTime(2_000);
    }
    expect(opened).toHaveLength(12);
    newest().over(status.UNAVAILABLE);
    vi.advanceTimersByTime(999);
    expect(opened).toHaveLength(12);
  });

  it('gives up one that is neither accepted nor refused', () => {
    vi.advanceTimersByTime(3_000);
    expect(opened[0]?.isCancelled).toBe(true);
    vi.advanceTimersByTime(200);
    expect(opened).toHaveLength(2);
  });

  it('does without where the key manager knows no streams, and asks again half a minute later', () => {
    newest().over(status.UNIMPLEMENTED);
    vi.advanceTimersByTime(14_000);
    expect(opened).toHaveLength(1);
    expect(untilOpened(2)).toBeLessThanOrEqual(16_000);
    newest().accept();
    expect(lane.stream).toBeDefined();
  });

  it('renews a stream in good time, and uses the old one until the new one is accepted', () => {
    newest().accept();
    const old = lane.stream;
    // Less than the minute that the server leaves to the streams of a connection that became too old.
    expect(untilOpened(2)).toBeLessThanOrEqual(30_000);
    expect(lane.stream).toBe(old);
    expect(opened[0]?.isHalfClosed).toBe(false);
    newest().accept();
    expect(lane.stream).not.toBe(old);
    expect(opened[0]?.isHalfClosed).toBe(true);
    opened[0]?.over(status.OK);
    expect(lane.stream).toBeDefined();
    expect(opened).toHaveLength(2);
  });

  it('keeps the old one when a new one is refused', () => {
    newest().accept();
    const old = lane.stream;
    untilOpened(2);
    newest().over(status.UNAVAILABLE);
    expect(lane.stream).toBe(old);
    expect(untilOpened(3)).toBeLessThanOrEqual(200);
    expect(lane.stream).toBe(old);
  });

  it('half-closes a stream whose key manager is stopping, and opens another', () => {
    newest().accept();
    newest().emit('data', { responses: [], draining: true });
    expect(opened[0]?.isHalfClosed).toBe(true);
    expect(lane.stream).toBeUndefined();
    vi.advanceTimersByTime(100);
    expect(opened).toHaveLength(2);
  });

  it('replaces a stream on which a call waited for its whole deadline in silence', async () => {
    newest().accept();
    const call = {
      question: { $case: 'validateToken' as const, validateToken: { tokenHash: Buffer.alloc(32) } },
      correlationId: '',
      deadlineMillis: 1_000,
    };
    const asked = lane.stream?.ask(call)?.catch(({ code }: { code: status }) => code);
    vi.advanceTimersByTime(1_100);
    expect(await asked).toBe(status.DEADLINE_EXCEEDED);
    expect(opened[0]?.isHalfClosed).toBe(true);
    expect(untilOpened(2)).toBeLessThanOrEqual(200);
    // What was left to a key manager that never ends it is not kept for good.
    vi.advanceTimersByTime(65_000);
    expect(opened[0]?.isCancelled).toBe(true);
  });

  it('opens nothing more once it is stopped', () => {
    newest().accept();
    lane.stop();
    expect(opened[0]?.isCancelled).toBe(true);
    vi.advanceTimersByTime(60_000);
    expect(opened).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('calls over several lanes', () => {
  const laneOf = (load: number | undefined) => {
    const asked: unknown[] = [];
    const ask = (call: unknown) => {
      asked.push(call);
      return new Promise(() => undefined);
    };
    const stream = load === undefined ? undefined : ({ load, ask } as unknown as HotPathStream);
    return { stream, asked, start: () => undefined, stop: () => undefined };
  };
  const call = {
    question: { $case: 'validateToken' as const, validateToken: { tokenHash: Buffer.alloc(32) } },
    correlationId: '',
    deadlineMillis: 1_000,
  };

  it('go to the one with the fewest calls in flight', () => {
    const lanes = [laneOf(5), laneOf(2), laneOf(undefined), laneOf(9)];
    const client = new HotPathClient(lanes);
    for (let n = 0; n < 10; n++) client.ask(call);
    expect(lanes.map(({ asked }) => asked.length)).toEqual([0, 10, 0, 0]);
  });

  it('take turns among equals', () => {
    const lanes = [laneOf(0), laneOf(0), laneOf(0)];
    const client = new HotPathClient(lanes);
    for (let n = 0; n < 30; n++) client.ask(call);
    expect(lanes.map(({ asked }) => asked.length)).toEqual([10, 10, 10]);
  });

  it('are not taken when no lane has a stream', () => {
    expect(new HotPathClient([laneOf(undefined), laneOf(undefined)]).ask(call)).toBeUndefined();
  });
});
