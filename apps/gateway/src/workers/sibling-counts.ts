import type { Demand, SharedCounts, SharedKey } from '../throttling/shared-counts.js';
import type { CommonCall } from './messages.js';

/** The counts of all workers as one of them reaches them: it asks the primary. */
export class SiblingCounts implements SharedCounts {
  constructor(private readonly ask: (call: CommonCall) => Promise<unknown>) {}

  get isUsable(): boolean {
    return process.connected;
  }

  async probe(): Promise<void> {}

  add(counters: readonly SharedKey[], deltas: readonly number[]): Promise<number[]> {
    return this.numbers({ name: 'add', counters: counters.map(plain), deltas });
  }

  take(demands: readonly Demand[]): Promise<number[]> {
    const sent = demands.map(({ counter, ...demand }) => ({ ...demand, counter: plain(counter) }));
    return this.numbers({ name: 'take', demands: sent });
  }

  async reset(counter: SharedKey, revision: number): Promise<number> {
    const [total = 0] = await this.numbers({ name: 'reset', counter: plain(counter), revision });
    return total;
  }

  private async numbers(call: CommonCall): Promise<number[]> {
    const answer = await this.ask(call);
    if (!Array.isArray(answer)) throw new Error('the primary did not say what has been counted');
    return answer as number[];
  }
}

/** Only what is needed goes over the channel. */
const plain = ({ key, tenantDomain, endsAt, window }: SharedKey): SharedKey => ({ key, tenantDomain, endsAt, window });
