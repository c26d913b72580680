import { randomFillSync } from 'node:crypto';

const poolBytes = 65_536;

/**
 * Random bytes of the system's generator, fetched 64 KiB at a time: one call for each token would cost more than the
 * rest of minting it.
 */
export class RandomPool {
  readonly #pool = Buffer.alloc(poolBytes);
  #used = poolBytes;

  /** `bytes` random bytes as lowercase hex; at most 64 KiB. */
  hex(bytes: number): string {
    const from = this.#take(bytes);
    const text = this.#pool.toString('hex', from, this.#used);
    this.#forget(from);
    return text;
  }

  /** A buffer of its own, at most 64 KiB. */
  bytes(bytes: number): Buffer {
    const from = this.#take(bytes);
    const copy = Buffer.from(this.#pool.subarray(from, this.#used));
    this.#forget(from);
    return copy;
  }

  #take(bytes: number): number {
    if (!(bytes > 0 && bytes <= poolBytes)) throw new RangeError('at most 64 KiB at once');
    if (this.#used + bytes > poolBytes) {
      randomFillSync(this.#pool);
      this.#used = 0;
    }
    const from = this.#used;
    this.#used += bytes;
    return from;
  }

  /** A dump of the memory must not show tokens that were made long ago, and no byte is ever given out twice. */
  #forget(from: number): void {
    this.#pool.fill(0, from, this.#used);
  }
}
