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
    const [only, other] = this.addresses;
    if (only !== undefined && other === undefined)
      return only.breaker.admits(now) && !tried.includes(only) ? only : undefined;
    return this.#pick(now, tried, true) ?? this.#pick(now, tried, false);
  }

  #pick(now: number, tried: readonly BackendAddress[], onlyWell: boolean): BackendAddress | undefined {
    const isEligible = (address: BackendAddress) =>
      (address.isWell || !onlyWell) && address.breaker.admits(now) && !tried.includes(address);
    switch (this.method) {
      case 'failover':
        return this.addresses.find(isEligible);
      case 'weighted':
        return heaviest(this.addresses, isEligible);
      case 'leastConnections':
        return this.#inTurn(isEligible, load);
      default:
        return this.#inTurn(isEligible, none);
    }
  }

  /** The first that has least of it, beginning behind the last one chosen: equals take turns. */
  #inTurn(isEligible: Eligible, cost: (address: BackendAddress) => number): BackendAddress | undefined {
    const { addresses } = this;
    let best: BackendAddress | undefined;
    let next = this.#turn;
    for (let i = 0; i < addresses.length; i++) {
      const index = (this.#turn + i) % addresses.length;
      const address = addresses[index] as BackendAddress;
      if (!isEligible(address) || (best !== undefined && cost(address) >= cost(best))) continue;
      best = address;
      next = index + 1;
    }
    this.#turn = next;
    return best;
  }
}

type Eligible = (address: BackendAddress) => boolean;

const none = () => 0;

const load = ({ active, weight }: BackendAddress) => active / weight;

/** Smooth weighted round robin: 5, 1, 1 gives a a b a c a a, and not five a in a row. */
function heaviest(addresses: readonly BackendAddress[], isEligible: Eligible): BackendAddress | undefined {
  let best: BackendAddress | undefined;
  let total = 0;
  for (const address of addresses) {
    if (!isEligible(address)) continue;
    total += address.weight;
    address.credit += address.weight;
    if (best === undefined || address.credit > best.credit) best = address;
  }
  if (best !== undefined) best.credit -= total;
  return best;
}
