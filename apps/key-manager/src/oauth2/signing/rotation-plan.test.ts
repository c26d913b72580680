import { describe, expect, it } from 'vitest';
import { dueSteps, type KeyFacts, propagationMillis, signsFrom, skewMillis } from './rotation-plan.js';

const day = 86_400_000;
const settings = { rotationSeconds: 90 * 86_400, maxAgeSeconds: 300 };
const now = 1_000 * day;
const key = (change: Partial<KeyFacts>): KeyFacts => ({ kid: 'k', alg: 'RS256', state: 'active', ...change });
const other = key({ kid: 'other', alg: 'ES256', activatedAt: now });

describe('what is due with signing keys', () => {
  it('is a key for every algorithm when there is none', () => {
    expect(dueSteps([], now, settings)).toEqual([
      { does: 'create', alg: 'RS256', activatesAt: undefined },
      { does: 'create', alg: 'ES256', activatesAt: undefined },
    ]);
  });

  it('is nothing while the keys are young', () => {
    expect(dueSteps([key({ activatedAt: now - 80 * day }), other], now, settings)).toEqual([]);
  });

  it('is a successor before a key is worn, published for as long as key sets are kept', () => {
    const worn = key({ activatedAt: now - 90 * day + 300_000 + propagationMillis });
    expect(dueSteps([worn, other], now, settings)).toEqual([
      { does: 'create', alg: 'RS256', activatesAt: now + 300_000 + propagationMillis },
    ]);
    expect(signsFrom(now, settings)).toBe(now + 300_000 + propagationMillis);
    expect(dueSteps([worn, other], now - 1, settings)).toEqual([]);
    expect(dueSteps([worn, other], now, { ...settings, rotationSeconds: 0 })).toEqual([]);
  });

  it('is the activation of a pending key at its time, and at once where nothing signs', () => {
    const pending = key({ kid: 'next', state: 'pending', activatesAt: now + 1 });
    expect(dueSteps([key({ activatedAt: 0 }), pending, other], now, settings)).toEqual([]);
    expect(dueSteps([key({ activatedAt: 0 }), pending, other], now + 1, settings)).toEqual([
      { does: 'activate', kid: 'next' },
    ]);
    expect(dueSteps([pending, other], now, settings)).toEqual([{ does: 'activate', kid: 'next' }]);
  });

  it('is the removal of a key once its last token is dead, clocks that are behind included', () => {
    const active = key({ kid: 'active', activatedAt: now });
    const retiring = key({ state: 'retiring', retiredAt: now - 10 * day, lastExpiresAt: now - skewMillis + 1 });
    expect(dueSteps([retiring, active, other], now, settings)).toEqual([]);
    expect(dueSteps([retiring, active, other], now + 1, settings)).toEqual([{ does: 'remove', kid: 'k' }]);
    const unused = key({ state: 'retiring', retiredAt: now - skewMillis });
    expect(dueSteps([unused, active, other], now, settings)).toEqual([{ does: 'remove', kid: 'k' }]);
  });
});
