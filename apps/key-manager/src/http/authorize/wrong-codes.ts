import type { Clock } from '../../oauth2/ports.js';
import { networkOf } from '../../users/throttle/login-source.js';
import { RecentMap } from '../../users/throttle/recent-map.js';

const freeAttempts = 10;
const windowMillis = 600_000;
const maxNetworks = 10_000;

/**
 * User codes are short, so a network that keeps typing wrong ones has to wait (RFC 8628 §5.1). Kept by each process: with
 * more than 2^34 codes a few more attempts make no difference.
 */
export class WrongCodes {
  readonly #attempts: RecentMap<number>;

  constructor(clock: Clock) {
    this.#attempts = new RecentMap(maxNetworks, clock);
  }

  /** How long a network has to wait; undefined when it may try. */
  waitSeconds(clientAddress: string): number | undefined {
    const isBlocked = (this.#attempts.get(networkOf(clientAddress)) ?? 0) >= freeAttempts;
    return isBlocked ? windowMillis / 1_000 : undefined;
  }

  note(clientAddress: string): void {
    const network = networkOf(clientAddress);
    this.#attempts.set(network, (this.#attempts.get(network) ?? 0) + 1, windowMillis);
  }
}
