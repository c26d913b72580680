import { createHash } from 'node:crypto';
import type { Logger } from '@keygate/common/logging';
import type { OneTimeTokens } from '../pipeline/ports.js';
import { TwoGenerations } from '../tokens/two-generations.js';

export interface UsedTokensOptions {
  /** Rejects when the key manager cannot be asked. */
  readonly revoke: (tokenHash: Buffer) => Promise<unknown>;
  readonly logger: Logger;
  /** Milliseconds between two attempts. */
  readonly pauseMillis?: number;
}

const maxRemembered = 100_000;
const maxAttempts = 5;
const maxWaiting = 1_000;

/**
 * Tokens that were good for one call. This gateway takes none of them twice from the moment it has seen it; all others
 * hear of it as of any revocation, from the key manager.
 */
export class UsedTokens implements OneTimeTokens {
  readonly #seen = new TwoGenerations<true>(maxRemembered);
  #waiting = 0;

  constructor(private readonly options: UsedTokensOptions) {}

  firstUse(accessToken: string): boolean {
    const key = hashOf(accessToken).toString('latin1');
    if (this.#seen.get(key)) return false;
    this.#seen.set(key, true);
    return true;
  }

  used(accessToken: string): void {
    void this.#revoke(hashOf(accessToken));
  }

  async #revoke(tokenHash: Buffer): Promise<void> {
    const { revoke, logger, pauseMillis = 1_000 } = this.options;
    for (let attempt = 1; ; attempt++) {
      try {
        await revoke(tokenHash);
        return;
      } catch (error) {
        if (attempt >= maxAttempts || this.#waiting >= maxWaiting) {
          logger.error({ err: error }, 'a token for one call could not be revoked');
          return;
        }
      }
      this.#waiting += 1;
      await new Promise((resolve) => setTimeout(resolve, pauseMillis * attempt).unref());
      this.#waiting -= 1;
    }
  }
}

const hashOf = (token: string) => createHash('sha256').update(token).digest();
