import type { Logger } from '@keygate/common/logging';
import type { Clock } from '../../oauth2/ports.js';
import type { Admission, Admitted, AttemptSource, LoginAttempts, Verdict } from './login-attempts.js';

/** How long nobody waits for Redis after it failed; a frozen one would cost every login its deadline. */
const pauseMillis = 1_000;

/**
 * The shared counts, and this process's own while those cannot be had: a Redis that is away must neither open the door to
 * guessing nor lock everybody out.
 */
export class FallbackLoginAttempts implements LoginAttempts {
  /** What was counted here is settled here, also when Redis is back by then. */
  readonly #own = new WeakSet<Admitted>();
  #awayUntil = 0;

  constructor(
    private readonly shared: LoginAttempts,
    private readonly own: LoginAttempts,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  async admit(source: AttemptSource): Promise<Admission> {
    if (this.clock.now() >= this.#awayUntil) {
      try {
        const admission = await this.shared.admit(source);
        if (this.#awayUntil > 0) this.logger.info('failed logins are counted on redis again');
        this.#awayUntil = 0;
        return admission;
      } catch (error) {
        this.#noteFailure(error);
      }
    }
    const admission = await this.own.admit(source);
    if (admission.admitted) this.#own.add(admission);
    return admission;
  }

  async settle(source: AttemptSource, admission: Admitted, verdict: Verdict): Promise<void> {
    if (this.#own.has(admission)) return this.own.settle(source, admission, verdict);
    try {
      await this.shared.settle(source, admission, verdict);
    } catch (error) {
      this.#noteFailure(error);
      // The network's failure is counted here instead; the login's count stays on Redis and runs off there.
      if (verdict === 'wrong') await this.own.settle(source, admission, verdict);
    }
  }

  #noteFailure(error: unknown): void {
    if (this.#awayUntil === 0) {
      const reason = error instanceof Error ? error.message : 'unknown';
      this.logger.warn({ reason }, 'failed logins are counted by this process alone');
    }
    this.#awayUntil = this.clock.now() + pauseMillis;
  }
}
