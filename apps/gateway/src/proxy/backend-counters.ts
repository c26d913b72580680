import { Counter, Gauge, type Registry } from 'prom-client';
import type { BackendPools } from './backend-pool.js';
import type { CircuitBreaker } from './circuit-breaker.js';

/** What is known about backends in numbers. No label holds an address or anything a client chose. */
export class BackendCounters {
  retries = 0;
  readonly tokens = { fetched: 0, failed: 0 };
  readonly healthChecks = { passed: 0, failed: 0 };
  /** Addresses whose health checks fail. */
  unwell = 0;
  readonly #troubled = new Map<CircuitBreaker, 'open' | 'halfOpen'>();

  /** Hears of every change of a breaker. */
  readonly breakerChanged = (breaker: CircuitBreaker, state: 'closed' | 'open' | 'halfOpen'): void => {
    if (state === 'closed') this.#troubled.delete(breaker);
    else this.#troubled.set(breaker, state);
    if (this.#troubled.size > maxTroubled) this.#forget();
  };

  /** Breakers of addresses that are called no more would be counted for ever. */
  #forget(): void {
    const longAgo = performance.now() - forgottenMillis;
    for (const breaker of this.#troubled.keys()) if (breaker.openUntil < longAgo) this.#troubled.delete(breaker);
  }

  breakers(): { readonly open: number; readonly halfOpen: number } {
    this.#forget();
    const now = performance.now();
    let open = 0;
    for (const [breaker, state] of this.#troubled) if (state === 'open' && breaker.openUntil > now) open++;
    return { open, halfOpen: this.#troubled.size - open };
  }

  register(registry: Registry, pools: BackendPools): void {
    const registers = [registry];
    const sum = (read: (pool: { readonly running: number; readonly waiting: number }) => number) => {
      let total = 0;
      for (const pool of pools.all) total += read(pool);
      return total;
    };
    labelled(registers, 'breakers', 'Addresses of backends that are left alone, by state', 'state', () => {
      const { open, halfOpen } = this.breakers();
      return { open, half_open: halfOpen };
    });
    labelled(registers, 'backend_calls', 'Calls to backends under way, by state', 'state', () => ({
      running: sum(({ running }) => running),
      waiting: sum(({ waiting }) => waiting),
    }));
    labelled(registers, 'backends', 'Backends and what is wrong with them', 'state', () => ({
      connected: [...pools.all].length,
      unwell: this.unwell,
    }));
    counted(registers, 'backend_retries_total', 'Calls that were sent again', undefined, () => ({ '': this.retries }));
    counted(registers, 'backend_tokens_total', 'Tokens fetched for backends', 'result', () => this.tokens);
    counted(registers, 'health_checks_total', 'Health checks of backends', 'result', () => this.healthChecks);
  }
}

const maxTroubled = 10_000;
const forgottenMillis = 600_000;

type Values = Readonly<Record<string, number>>;

function labelled(registers: Registry[], name: string, help: string, label: string, read: () => Values): void {
  new Gauge({
    name: `keygate_gateway_${name}`,
    help,
    labelNames: [label],
    registers,
    collect() {
      for (const [value, count] of Object.entries(read())) this.set({ [label]: value }, count);
    },
  });
}

function counted(registers: Registry[], name: string, help: string, label: string | undefined, read: () => Values) {
  new Counter({
    name: `keygate_gateway_${name}`,
    help,
    labelNames: label === undefined ? [] : [label],
    registers,
    collect() {
      this.reset();
      for (const [value, count] of Object.entries(read())) {
        if (label === undefined) this.inc(count);
        else this.inc({ [label]: value }, count);
      }
    },
  });
}
