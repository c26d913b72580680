import type { CompiledBalancing } from '../apis/compiled-endpoint.js';
import type { BackendAddress } from './backend-address.js';

/**
 * Chooses among the addresses of an endpoint: of those whose breaker admits a call and whose health checks pass, or, when
 * the checks of all fail, of all that a breaker admits: a check that is wrong must not take an API down.
 */
export class AddressChoice {
  #turn = 0;

  constructor(
    private readonly addresses: readonly BackendAddress[],
    private readonly method: CompiledBalancing['method'],
  ) {}

  /** Undefined when there is none but those in `tried`. `now` is the clock of the breakers. */
  choose(now: number, tried: readonly BackendAddress[]): BackendAddress | undefined {
    const { addresses } = this;
    const only = addresses.length === 1 ? addresses[0] : undefined;
    if (only !== undefined) return only.breaker.admits(now) && !tried.includes(only) ? only : undefined;
    const admitted = addresses.filter((address) => address.breaker.admits(now) && !tried.includes(address));
    const well = admitted.filter(({ isWell }) => isWell);
    return this.#pick(well.length > 0 ? well : admitted);
  }

  #pick(candidates: readonly BackendAddress[]): BackendAddress | undefined {
    switch (this.method) {
      case 'failover':
        return candidates[0];
      case 'weighted':
        return heaviest(candidates);
      case 'leastConnections':
        return this.#leastBusy(candidates);
      default:
        return this.#next(candidates);
    }
  }

  /** In the order of all addresses, so that one that is left out for a while does not shift the others. */
  #next(candidates: readonly BackendAddress[]): BackendAddress | undefined {
    for (let i = 0; i < this.addresses.length; i++) {
      const index = (this.#turn + i) % this.addresses.length;
      const address = this.addresses[index] as BackendAddress;
      if (!candidates.includes(address)) continue;
      this.#turn = index + 1;
      return address;
    }
    return undefined;
  }

  #leastBusy(candidates: readonly BackendAddress[]): BackendAddress | undefined {
    const load = ({ active, weight }: BackendAddress) => active / weight;
    const least = Math.min(...candidates.map(load));
    // Ties take turns: else the first would get every call of a quiet time.
    return this.#next(candidates.filter((address) => load(address) === least));
  }
}

/** Smooth weighted round robin: 5, 1, 1 gives a a b a c a a, and not five a in a row. */
function heaviest(candidates: readonly BackendAddress[]): BackendAddress | undefined {
  let best: BackendAddress | undefined;
  let total = 0;
  for (const address of candidates) {
    total += address.weight;
    address.credit += address.weight;
    if (best === undefined || address.credit > best.credit) best = address;
  }
  if (best !== undefined) best.credit -= total;
  return best;
}
