import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { CachedKeySets } from './cached-key-sets.js';

const uri = 'https://idp.example.com/jwks';

function createSubject() {
  const state = { now: 1_700_000_000_000, fetches: 0, failures: 0, answer: document('a') as unknown };
  const sets = new CachedKeySets({
    fetchDocument: async () => {
      state.fetches++;
      if (state.answer instanceof Error) throw state.answer;
      return state.answer;
    },
    now: () => state.now,
    reportFailure: () => void state.failures++,
    unavailable: () => new Error('unavailable'),
  });
  const kids = async () => (await sets.keySetAt(uri)).keys.map(({ kid }) => kid);
  return { state, sets, kids };
}

function document(kid: string) {
  return { keys: [{ ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }), kid }] };
}

describe('key sets of others', () => {
  it('fetches a set once for all who ask, and again after some minutes', async () => {
    const { state, kids } = createSubject();
    expect(await Promise.all([kids(), kids(), kids()])).toEqual([['a'], ['a'], ['a']]);
    state.now += 299_000;
    await kids();
    expect(state.fetches).toBe(1);
    state.now += 1_000;
    state.answer = document('b');
    expect(await kids()).toEqual(['b']);
    expect(state.fetches).toBe(2);
  });

  it('follows a rotation at once, yet asks at most every few seconds', async () => {
    const { state, sets, kids } = createSubject();
    const first = await sets.keySetAt(uri);
    state.answer = document('b');
    const second = await sets.newerThan(first, uri);
    expect(second?.keys[0]?.kid).toBe('b');
    if (!second) return;
    for (let forged = 0; forged < 50; forged++) expect(await sets.newerThan(second, uri)).toBeUndefined();
    expect(state.fetches).toBe(2);
    state.now += 5_000;
    state.answer = document('c');
    expect((await sets.newerThan(second, uri))?.keys[0]?.kid).toBe('c');
    expect(await kids()).toEqual(['c']);
    expect(state.fetches).toBe(3);
  });

  it('gives the newer set without a fetch to whoever still has the older one', async () => {
    const { state, sets } = createSubject();
    const first = await sets.keySetAt(uri);
    state.answer = document('b');
    const [one, other] = await Promise.all([sets.newerThan(first, uri), sets.newerThan(first, uri)]);
    expect(one).toBe(other);
    expect(await sets.newerThan(first, uri)).toBe(one);
    expect(state.fetches).toBe(2);
  });

  it('serves a stale set for an hour while the publisher is away, then cannot decide', async () => {
    const { state, kids } = createSubject();
    await kids();
    state.answer = new Error('away');
    state.now += 3_599_000;
    expect(await kids()).toEqual(['a']);
    state.now += 1_000;
    await expect(kids()).rejects.toThrow('unavailable');
    expect(state.failures).toBe(1);
  });

  it('does not ask again at once after a failure', async () => {
    const { state, kids } = createSubject();
    state.answer = 'no key set';
    for (let call = 0; call < 10; call++) await expect(kids()).rejects.toThrow('unavailable');
    expect(state.fetches).toBe(1);
    state.now += 5_000;
    state.answer = document('a');
    expect(await kids()).toEqual(['a']);
  });
});
