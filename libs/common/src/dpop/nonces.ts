import { createHmac, timingSafeEqual } from 'node:crypto';

/** Values that say when a proof was made at the earliest, so that none can be made in stock (RFC 9449 §8 and §11.3). */
export interface Nonces {
  /** The one to use now. */
  current(now: number): string;
  isGood(nonce: string, now: number): boolean;
}

/**
 * Nothing is kept: a nonce is a time slot under a key, and every server with the key accepts those of the others. One is
 * good in its slot and the next, so that a client never gets one that ends at once.
 */
export function createNonces(key: Buffer, slotSeconds: number): Nonces {
  const nonceOf = (slot: number) =>
    createHmac('sha256', key).update(`dpop-nonce:${slot}`).digest('base64url').slice(0, 32);
  const slotOf = (now: number) => Math.floor(now / (slotSeconds * 1_000));
  let latest = { slot: Number.NaN, nonces: [] as readonly string[] };
  const noncesAt = (now: number) => {
    const slot = slotOf(now);
    if (latest.slot !== slot) latest = { slot, nonces: [nonceOf(slot), nonceOf(slot - 1), nonceOf(slot + 1)] };
    return latest.nonces;
  };
  return {
    current: (now) => noncesAt(now)[0] ?? '',
    // The next slot too: the clock of the server that made it may be a little ahead.
    isGood: (nonce, now) => noncesAt(now).some((good) => isSame(good, nonce)),
  };
}

function isSame(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other, 'latin1'));
}
