import { randomFillSync } from 'node:crypto';
import type { TokenValues } from '../oauth2/ports.js';
import type { ServerKey } from './server-key.js';

const poolBytes = 16_384;

/** Random values from the operating system's generator, drawn in large pieces: a piece costs a system call. */
export class SystemTokenValues implements TokenValues {
  readonly #pool = Buffer.allocUnsafe(poolBytes);
  #used = poolBytes;

  constructor(private readonly serverKey: ServerKey) {}

  random(): string {
    return this.#take(16).toString('hex');
  }

  salt(): Buffer {
    return this.#take(16);
  }

  successorOf(presented: string, salt: Buffer): { accessToken: string; refreshToken: string } {
    return this.serverKey.successorOf(presented, salt);
  }

  #take(bytes: number): Buffer {
    if (this.#used + bytes > poolBytes) {
      randomFillSync(this.#pool);
      this.#used = 0;
    }
    const taken = Buffer.from(this.#pool.subarray(this.#used, this.#used + bytes));
    // A value that was given out must not be found in memory again, in a dump or by a bug that reads too far.
    this.#pool.fill(0, this.#used, this.#used + bytes);
    this.#used += bytes;
    return taken;
  }
}
