import type { Clock } from '../../oauth2/ports.js';
import {
  type Admission,
  type Admitted,
  type AttemptSource,
  delayAfter,
  type LoginAttempts,
  levelNow,
  networkDelay,
  type ThrottleRule,
  type Verdict,
} from './login-attempts.js';
import { RecentMap } from './recent-map.js';

interface LoginCount {
  attempts: number;
  /** Admitted and not settled. */
  open: number;
  blockedUntil: number;
}

interface NetworkLevel {
  level: number;
  at: number;
}

/** Attempts of this process only: for a single key manager, and for all while Redis is away. */
export class MemoryLoginAttempts implements LoginAttempts {
  readonly #logins: RecentMap<LoginCount>;
  readonly #networks: RecentMap<NetworkLevel>;

  constructor(
    private readonly rule: ThrottleRule,
    private readonly clock: Clock,
    /** Most logins and most networks that are remembered; then the one that was quiet for longest is forgotten. */
    maxEntries = 50_000,
  ) {
    this.#logins = new RecentMap(maxEntries, clock);
    this.#networks = new RecentMap(maxEntries, clock);
  }

  async admit({ login, network }: AttemptSource): Promise<Admission> {
    const { rule } = this;
    const now = this.clock.now();
    const wait = network === undefined ? 0 : networkDelay(this.#level(network, now), rule);
    if (wait > 0) return { admitted: false, reason: 'network', retryAfterMillis: wait, isOpen: false };

    const count = this.#logins.get(login) ?? { attempts: 0, open: 0, blockedUntil: 0 };
    if (count.blockedUntil > now) {
      const retryAfterMillis = count.blockedUntil - now;
      return { admitted: false, reason: 'login', retryAfterMillis, isOpen: count.open > 0 };
    }
    const attempts = count.attempts + 1;
    const delay = delayAfter(attempts, rule);
    const blockedUntil = delay > 0 ? now + delay : 0;
    this.#logins.set(login, { attempts, open: count.open + 1, blockedUntil }, Math.max(rule.windowMillis, delay));
    return { admitted: true, blockedUntil };
  }

  async settle({ login, network }: AttemptSource, { blockedUntil }: Admitted, verdict: Verdict): Promise<void> {
    if (verdict === 'right') return this.#logins.delete(login);
    const count = this.#logins.get(login);
    if (count) count.open = Math.max(0, count.open - 1);
    if (verdict === 'wrong') return network === undefined ? undefined : this.#countFailure(network);
    if (!count) return;
    count.attempts -= 1;
    // Only the delay of the attempt that did not take place; a later one has set its own.
    if (count.blockedUntil === blockedUntil) count.blockedUntil = 0;
    if (count.attempts <= 0) this.#logins.delete(login);
  }

  #level(network: string, now: number): number {
    const known = this.#networks.get(network);
    return known ? levelNow(known.level, now - known.at, this.rule) : 0;
  }

  #countFailure(network: string): void {
    const now = this.clock.now();
    const level = this.#level(network, now) + 1;
    // By then it has run off.
    const life = Math.ceil((level / this.rule.networkFreeAttempts) * this.rule.windowMillis);
    this.#networks.set(network, { level, at: now }, life);
  }
}
