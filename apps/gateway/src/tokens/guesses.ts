import { addressKey } from '../apis/address.js';

const windowMillis = 10_000;
/** Of those that are over it, one in so many is still asked about: whoever shares an address with a flood gets through. */
const letThroughOneIn = 16;
/** Beyond as many addresses, the rest share a count. */
const maxAddresses = 50_000;
/** The family and the 64 bits of a network. */
const networkDigits = 1 + 16;

/**
 * Tokens that nobody has issued, by who sends them. Each costs the key manager a question, so an address that has guessed
 * wrong too often has its further unknown tokens answered without one: not refused, which nobody can say, but put off.
 */
export class Guesses {
  #wrong = new Map<string, number>();
  #windowStart = 0;
  #over = 0;

  /** 0: no bound. */
  constructor(private readonly maxWrong: number) {}

  mayAsk(address: string, now: number): boolean {
    if (this.maxWrong === 0) return true;
    if (now - this.#windowStart > windowMillis) this.#forgive(now);
    if ((this.#wrong.get(this.#keyOf(address)) ?? 0) < this.maxWrong) return true;
    this.wrong(address);
    this.#over += 1;
    return this.#over % letThroughOneIn === 0;
  }

  wrong(address: string): void {
    const key = this.#keyOf(address);
    this.#wrong.set(key, (this.#wrong.get(key) ?? 0) + 1);
  }

  /** Half of it for each quiet window: whoever goes on stays over, whatever the pace. */
  #forgive(now: number): void {
    const windows = Math.min(30, Math.floor((now - this.#windowStart) / windowMillis));
    const kept = new Map<string, number>();
    for (const [key, count] of this.#wrong) {
      const half = Math.min(this.maxWrong, count >> windows);
      if (half > 0) kept.set(key, half);
    }
    this.#windowStart = now;
    this.#wrong = kept;
  }

  /** Who has one IPv6 address has 2^64 of them. */
  #keyOf(address: string): string {
    // Not by the text: `2001:db8::a` and `2001:db8::b` are of one network, although they differ in their third part.
    const key = address.includes(':') ? (addressKey(address)?.slice(0, networkDigits) ?? address) : address;
    return this.#wrong.has(key) || this.#wrong.size < maxAddresses ? key : 'others';
  }
}
