import { TemporarilyUnavailable, TooManyAttempts } from '../../oauth2/errors.js';
import type { ResourceOwner } from '../../oauth2/model.js';
import type { ResourceOwners } from '../../oauth2/ports.js';
import { QueueFull } from '../bounded-queue.js';
import type { Admitted, AttemptSource, Verdict } from './login-attempts.js';
import type { LoginThrottle } from './login-throttle.js';

/** Why a login was refused. */
export type LoginRefusal = 'wrong' | 'login_delay' | 'network_delay';

export interface RefusedLogins {
  /** Hears of every refusal; must neither throw nor take long. */
  note(refusal: LoginRefusal, username: string, clientAddress: string): void;
}

interface Parts {
  readonly owners: ResourceOwners;
  readonly throttle: LoginThrottle;
  readonly sourceOf: (username: string, clientAddress: string) => AttemptSource;
  readonly refusals: RefusedLogins;
}

/**
 * Resource owners whose passwords cannot be guessed at speed (RFC 6749 §4.3.2). Who is delayed is refused before a hash
 * is spent, and before anybody knows whether the user exists.
 */
export class ThrottledResourceOwners implements ResourceOwners {
  constructor(private readonly parts: Parts) {}

  /** Throws `TooManyAttempts` while the login or the network is delayed. */
  async authenticate(username: string, password: string, clientAddress: string): Promise<ResourceOwner | undefined> {
    const { owners, throttle, sourceOf, refusals } = this.parts;
    const source = sourceOf(username, clientAddress);
    const admitted = await this.#admit(source, username, clientAddress);
    let verdict: Verdict = 'none';
    try {
      const owner = await owners.authenticate(username, password, clientAddress);
      verdict = owner ? 'right' : 'wrong';
      return owner;
    } finally {
      if (verdict === 'wrong') refusals.note('wrong', username, clientAddress);
      await throttle.settle(source, admitted, verdict);
    }
  }

  find(subject: string): Promise<ResourceOwner | undefined> {
    return this.parts.owners.find(subject);
  }

  forget(subject: string): void {
    this.parts.owners.forget(subject);
  }

  async #admit(source: AttemptSource, username: string, clientAddress: string): Promise<Admitted> {
    const admission = await this.parts.throttle.admit(source).catch((error: unknown) => {
      throw error instanceof QueueFull ? new TemporarilyUnavailable(1, { cause: error }) : error;
    });
    if (admission.admitted) return admission;
    const { reason, retryAfterMillis } = admission;
    this.parts.refusals.note(reason === 'login' ? 'login_delay' : 'network_delay', username, clientAddress);
    throw new TooManyAttempts(Math.max(1, Math.ceil(retryAfterMillis / 1_000)));
  }
}
