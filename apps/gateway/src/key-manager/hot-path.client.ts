import type { HotPathAnswer, HotPathCall, HotPathKind, HotPathQuestion } from './hot-path-call.js';
import type { HotPathLane } from './hot-path-lane.js';
import type { HotPathStream } from './hot-path-stream.js';

type Call<Kind extends HotPathKind> = HotPathCall & { readonly question: Extract<HotPathQuestion, { $case: Kind }> };

/**
 * Calls over streams, one stream to each key manager. A call goes to the one with the fewest calls without an answer, so
 * one that is slow or has just died gets little more.
 */
export class HotPathClient {
  private readonly lanes: readonly Pick<HotPathLane, 'stream' | 'start' | 'stop'>[];
  private turn = 0;

  constructor(lanes: readonly Pick<HotPathLane, 'stream' | 'start' | 'stop'>[]) {
    this.lanes = lanes;
  }

  start(): void {
    for (const lane of this.lanes) lane.start();
  }

  stop(): void {
    for (const lane of this.lanes) lane.stop();
  }

  /** Whether any stream can take a call. */
  get isOpen(): boolean {
    return this.lanes.some(({ stream }) => stream !== undefined);
  }

  /** Undefined when no stream can take it now: call on its own. Rejects with a `HotPathError`. */
  ask<Kind extends HotPathKind>(call: Call<Kind>): Promise<HotPathAnswer<Kind>> | undefined {
    // A stream answers a question only with an answer of its kind (`settle`).
    return this.idlest()?.ask(call) as Promise<HotPathAnswer<Kind>> | undefined;
  }

  /** Among equals in turn. */
  private idlest(): HotPathStream | undefined {
    const { lanes } = this;
    let idlest: HotPathStream | undefined;
    this.turn = (this.turn + 1) % lanes.length;
    for (let n = 0; n < lanes.length; n++) {
      const stream = lanes[(this.turn + n) % lanes.length]?.stream;
      if (stream !== undefined && (idlest === undefined || stream.load < idlest.load)) idlest = stream;
    }
    return idlest;
  }
}
