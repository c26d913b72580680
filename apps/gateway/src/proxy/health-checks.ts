import type { CompiledEndpoint } from '../apis/compiled-catalog.js';
import type { BackendAddress } from './backend-address.js';
import type { EndpointRuntime, EndpointSurroundings } from './endpoint-runtime.js';
import { usualProtection } from './proxy-settings.js';

/** Failures or successes in a row that change what is thought of an address. */
const confirmations = 2;

const timeoutMillis = 5_000;

/** Asks one path of each address of an endpoint again and again; one check at a time for each. */
export class HealthChecks {
  #isStopped = false;
  readonly #timers = new Map<BackendAddress, NodeJS.Timeout>();

  constructor(
    private readonly runtime: EndpointRuntime,
    private readonly around: EndpointSurroundings,
    private readonly random: () => number = Math.random,
  ) {
    for (const address of runtime.addresses) this.#later(address, 0, 0);
  }

  stop(): void {
    this.#isStopped = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    for (const { isWell } of this.runtime.addresses) if (!isWell) this.around.counters.unwell--;
  }

  /** The first at once, the others a tenth earlier or later: gateways and endpoints must not all ask together. */
  #later(address: BackendAddress, against: number, delayMillis: number): void {
    if (this.#isStopped) return;
    const timer = setTimeout(() => void this.#check(address, against), delayMillis * (0.9 + 0.2 * this.random()));
    timer.unref();
    this.#timers.set(address, timer);
  }

  async #check(address: BackendAddress, against: number): Promise<void> {
    const { health, totalTimeoutMillis } = this.runtime.endpoint.protection ?? {};
    const { settings, counters } = this.around;
    const interval = health?.intervalMillis ?? settings.healthIntervalMillis ?? usualProtection.healthIntervalMillis;
    const isPassed = await this.#ask(
      address,
      health?.path ?? '/',
      Math.min(timeoutMillis, totalTimeoutMillis ?? timeoutMillis),
    );
    if (this.#isStopped) return;
    counters.healthChecks[isPassed ? 'passed' : 'failed']++;
    const inRow = isPassed === address.isWell ? 0 : against + 1;
    if (inRow >= confirmations) this.#becomes(address, isPassed);
    this.#later(address, inRow >= confirmations ? 0 : inRow, interval);
  }

  async #ask(address: BackendAddress, path: string, within: number): Promise<boolean> {
    try {
      const { status } = await this.runtime.poolOf(address).probe('GET', path, within);
      return status >= 200 && status < 400;
    } catch {
      // Why is in the counters of calls; a check only says whether.
      return false;
    }
  }

  #becomes(address: BackendAddress, isWell: boolean): void {
    address.isWell = isWell;
    this.around.counters.unwell += isWell ? -1 : 1;
    // It answers again, so there is no need to wait for a trial.
    if (isWell) address.breaker.succeeded();
  }
}

/** Runs the checks of the endpoints that ask for them, as long as they are in the catalogue. */
export class HealthWatch {
  readonly #running = new Map<CompiledEndpoint, HealthChecks>();

  constructor(private readonly start: (endpoint: CompiledEndpoint) => HealthChecks) {}

  follow(endpoints: readonly CompiledEndpoint[]): void {
    const wanted = new Set(endpoints);
    for (const [endpoint, checks] of this.#running) {
      if (wanted.has(endpoint)) continue;
      checks.stop();
      this.#running.delete(endpoint);
    }
    for (const endpoint of wanted) {
      if (!this.#running.has(endpoint)) this.#running.set(endpoint, this.start(endpoint));
    }
  }

  get size(): number {
    return this.#running.size;
  }
}
