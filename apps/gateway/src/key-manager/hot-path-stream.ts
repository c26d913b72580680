import { type ClientDuplexStream, type Metadata, type StatusObject, status } from '@grpc/grpc-js';
import type { HotPathRequest, HotPathRequests, HotPathResponses } from '@keygate/proto/keymanager/v1/hot_path';
import { DeadlineWheel } from './deadline-wheel.js';
import {
  bytesOf,
  type HotPathAnswer,
  type HotPathCall,
  HotPathError,
  settle,
  type WaitingCall,
} from './hot-path-call.js';

export type ExchangeStream = Pick<
  ClientDuplexStream<HotPathRequests, HotPathResponses>,
  'on' | 'write' | 'end' | 'cancel'
>;

export interface HotPathStreamEvents {
  /** The key manager has accepted the stream. */
  readonly onLive: () => void;
  /** It asked to send no more. */
  readonly onDraining: () => void;
  /** A call has waited for the whole of its deadline, and nothing else was heard meanwhile either. */
  readonly onSilent: () => void;
  /** The stream is over, also after `retire`. */
  readonly onOver: (end: StatusObject) => void;
}

/** A key manager accepts messages of 16 KiB at least; one that is too large would take all its calls with it. */
const messageBytes = 16_000;
/** A call larger than this goes on its own, where its size hurts no other. */
const largestCallBytes = 8_000;
/** Calls wait, nothing was heard: others need not join them. A frozen peer is known to the keepalive only later. */
const stallMillis = 300;
/** No call waits longer than this: a key manager that does not end a stream left to it need not be awaited. */
const retiredMillis = 65_000;

/** One `Exchange` from its opening to its end: calls of one turn of the event loop share a message. */
export class HotPathStream {
  private readonly stream: ExchangeStream;
  private readonly events: HotPathStreamEvents;
  private readonly waiting = new Map<number, WaitingCall>();
  private readonly deadlines = new DeadlineWheel((id, now) => this.visit(id, now));
  private unsent: WaitingCall[] = [];
  private lastCall: NodeJS.Timeout | undefined;
  private lastId = 0;
  private heardAt = 0;
  /** Since when somebody waits and nothing is heard. */
  private waitingSince = 0;
  private isFlushing = false;
  private isBlocked = false;
  private isLive = false;
  private isRetired = false;
  private isOver = false;

  constructor(stream: ExchangeStream, events: HotPathStreamEvents) {
    this.stream = stream;
    this.events = events;
    stream.on('metadata', () => {
      if (this.isOver) return;
      this.isLive = true;
      events.onLive();
    });
    stream.on('data', (message: HotPathResponses) => {
      this.accept(message);
      if (message.draining) events.onDraining();
    });
    stream.on('drain', () => this.unblock());
    // Told once more, with everything, by `status`.
    stream.on('error', () => undefined);
    stream.on('status', (end: StatusObject) => {
      this.breakOff(end);
      events.onOver(end);
    });
  }

  /** Calls without an answer. */
  get load(): number {
    return this.waiting.size;
  }

  /** Whether a call that is made now can expect to be sent and heard at once. */
  get isOpen(): boolean {
    if (!this.isLive || this.isRetired || this.isBlocked) return false;
    return this.waiting.size === 0 || performance.now() - this.waitingSince < stallMillis;
  }

  /** Undefined for a call that is too large for a stream. Rejects with a `HotPathError`. */
  ask(call: HotPathCall): Promise<HotPathAnswer> | undefined {
    const bytes = bytesOf(call);
    if (bytes > largestCallBytes) return undefined;
    const { question, correlationId, deadlineMillis } = call;
    const entry: HotPathRequest = { id: ++this.lastId, deadlineMillis, correlationId, request: question };
    const now = performance.now();
    if (this.waiting.size === 0) this.waitingSince = now;
    return new Promise((resolve, reject) => {
      const expiresAt = now + deadlineMillis;
      const waiting = { entry, bytes, expiresAt, resolve, reject };
      this.waiting.set(entry.id, waiting);
      this.deadlines.add(entry.id, expiresAt);
      this.unsent.push(waiting);
      this.flushSoon();
    });
  }

  /** Sends what is queued and no more; what was sent is still answered. */
  retire(): void {
    if (this.isRetired || this.isOver) return;
    this.isRetired = true;
    this.isBlocked = false;
    this.flush();
    this.stream.end();
    this.lastCall = setTimeout(() => this.cancel(), retiredMillis).unref();
  }

  cancel(): void {
    this.stream.cancel();
  }

  private flushSoon(): void {
    if (this.isFlushing || this.isBlocked) return;
    this.isFlushing = true;
    setImmediate(() => {
      this.isFlushing = false;
      if (!this.isOver && !this.isRetired) this.flush();
    });
  }

  private flush(): void {
    const calls = this.unsent;
    let sent = 0;
    while (sent < calls.length && !this.isBlocked) {
      const requests: HotPathRequest[] = [];
      for (let bytes = 0; sent < calls.length; sent++) {
        const call = calls[sent];
        if (call === undefined || bytes + call.bytes > messageBytes) break;
        // Those that waited for the transport beyond their deadline are gone already.
        if (!this.waiting.has(call.entry.id)) continue;
        bytes += call.bytes;
        requests.push(call.entry);
      }
      if (requests.length > 0 && !this.stream.write({ requests }) && !this.isRetired) this.isBlocked = true;
    }
    this.unsent = sent === calls.length ? [] : calls.slice(sent);
  }

  private unblock(): void {
    if (!this.isBlocked) return;
    this.isBlocked = false;
    this.flush();
  }

  /** An answer nobody waits for is one that came after its deadline, or a mistake: either way it is nobody's. */
  private accept({ responses }: HotPathResponses): void {
    this.heardAt = performance.now();
    this.waitingSince = this.heardAt;
    for (const { id, response } of responses) {
      const call = this.waiting.get(id);
      if (call === undefined) continue;
      this.waiting.delete(id);
      settle(call, response);
    }
  }

  private visit(id: number, now: number): number | undefined {
    const call = this.waiting.get(id);
    if (call === undefined) return undefined;
    if (call.expiresAt > now) return call.expiresAt;
    const { deadlineMillis } = call.entry;
    this.waiting.delete(id);
    call.reject(new HotPathError(status.DEADLINE_EXCEEDED, `no answer within ${deadlineMillis} ms`, true));
    if (this.heardAt <= call.expiresAt - deadlineMillis) this.events.onSilent();
    return undefined;
  }

  private breakOff({ code, details, metadata }: StatusObject): void {
    this.isOver = true;
    this.isLive = false;
    this.deadlines.stop();
    clearTimeout(this.lastCall);
    const unsent = new Set(this.unsent.map(({ entry }) => entry.id));
    const lastBegun = code === status.OK ? lastBegunOf(metadata) : Number.POSITIVE_INFINITY;
    const why = code === status.OK ? 'the stream ended' : `the stream broke: ${details}`;
    for (const [id, call] of this.waiting) {
      const mayHaveBegun = !unsent.has(id) && id <= lastBegun;
      call.reject(new HotPathError(status.UNAVAILABLE, why, mayHaveBegun));
    }
    this.waiting.clear();
    this.unsent = [];
  }
}

/** A key manager that ends a stream says what it has begun; what came after is as good as unsent. */
function lastBegunOf(trailers: Metadata): number {
  const [said] = trailers.get('last-id');
  return typeof said === 'string' && /^[0-9]{1,15}$/.test(said) ? Number(said) : Number.POSITIVE_INFINITY;
}
