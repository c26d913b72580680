import type { Clock } from '../../oauth2/ports.js';
import { networkOf } from './login-source.js';
import { RecentMap } from './recent-map.js';

export interface NetworkLimitSettings {
  /** So many in one window. */
  readonly free: number;
  readonly windowSeconds: number;
}

interface Count {
  readonly count: number;
  readonly endsAt: number;
}

const maxNetworks = 10_000;

/**
 * How often one network may do something that costs or betrays a little each time. Kept by each process on its own: a few
 * more, where there are several, make no difference to what this is for.
 */
export class NetworkLimit {
  readonly #counts: RecentMap<Count>;

  constructor(
    private readonly clock: Clock,
    private readonly settings: NetworkLimitSettings,
  ) {
    this.#counts = new RecentMap(maxNetworks, clock);
  }

  /** How long the network has to wait; undefined when it need not. */
  waitSeconds(clientAddress: string): number | undefined {
    const known = this.#counts.get(networkOf(clientAddress));
    if (!known || known.count < this.settings.free) return undefined;
    return Math.max(1, Math.ceil((known.endsAt - this.clock.now()) / 1_000));
  }

  note(clientAddress: string): void {
    const network = networkOf(clientAddress);
    const now = this.clock.now();
    const { count, endsAt } = this.#counts.get(network) ?? {
      count: 0,
      endsAt: now + this.settings.windowSeconds * 1_000,
    };
    this.#counts.set(network, { count: count + 1, endsAt }, endsAt - now);
  }
  /** One that was noted did not count after all. */
  takeBack(clientAddress: string): void {
    const network = networkOf(clientAddress);
    const known = this.#counts.get(network);
    if (!known) return;
    if (known.count <= 1) this.#counts.delete(network);
    else this.#counts.set(network, { ...known, count: known.count - 1 }, known.endsAt - this.clock.now());
  }
}
