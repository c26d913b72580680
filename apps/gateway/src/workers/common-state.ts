import type { SeenProofs } from '../tokens/seen-proofs.js';
import { CommonCounters } from './common-counters.js';
import type { CommonCall } from './messages.js';

/** What has to be one for all workers, in the primary. Nothing here is asked on a request's way but for DPoP and strict limits. */
export class CommonState {
  private readonly counters = new CommonCounters(Date.now);

  private readonly atTheDoor: (() => void)[] = [];

  /** `serving` is how many workers take connections. */
  constructor(
    private readonly proofs: SeenProofs,
    private readonly serving: () => number,
  ) {}

  async answer(call: CommonCall): Promise<unknown> {
    switch (call.name) {
      case 'isShut':
        return this.shut();
      case 'firstUse':
        return this.proofs.firstUse(call.proof, call.expiresAt);
      case 'add':
        return this.counters.add(call.counters, call.deltas);
      case 'take':
        return this.counters.take(call.demands);
      case 'reset':
        return [await this.counters.reset(call.counter, call.revision)];
    }
  }

  /** The socket is closed when the last worker has let go of it, and all of them may know. */
  private shut(): Promise<void> {
    return new Promise((resolve) => {
      this.atTheDoor.push(resolve);
      if (this.atTheDoor.length < this.serving()) return;
      for (const one of this.atTheDoor.splice(0)) one();
    });
  }
}
