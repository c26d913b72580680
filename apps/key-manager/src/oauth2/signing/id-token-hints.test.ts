import { describe, expect, it } from 'vitest';
import { TestSigner, testSigningPair } from '../../../test/support/test-signer.js';
import { createIdTokenHints } from './id-token-hints.js';
import { newSigningPair, signCompact } from './jws.js';

const issuer = 'https://localhost/oauth2/token';
const claims = { iss: issuer, aud: 'client', sub: 'alice', sid: 'session', exp: 1 };

async function world() {
  const published = await Promise.all((['RS256', 'ES256'] as const).map(testSigningPair));
  const hints = createIdTokenHints({ issuer, publishedKeys: () => published });
  const signed = (change: object = {}, typ = 'JWT', alg: 'RS256' | 'ES256' = 'ES256') =>
    new TestSigner(alg).sign({ typ, claims: { ...claims, ...change }, expiresAt: 0 });
  return { hints, signed };
}

describe('a hint by id_token', () => {
  it.each(['RS256', 'ES256'] as const)('is read when we signed it with %s, expired or not', async (alg) => {
    const { hints, signed } = await world();
    expect(await hints(await signed({}, 'JWT', alg))).toEqual({ clientId: 'client', sessionId: 'session' });
    expect(await hints(await signed({ sid: undefined }, 'JWT', alg))).toMatchObject({ clientId: 'client' });
  });

  it('is nothing when it is no id_token of ours', async () => {
    const { hints, signed } = await world();
    const stranger = await newSigningPair('ES256');
    const { kid } = await testSigningPair('ES256');
    const good = await signed();
    for (const text of [
      '',
      'a.b.c',
      'x'.repeat(9_000),
      `${good}x`,
      good.replace(/\.[^.]+\./, '.e30.'),
      await signed({}, 'at+jwt'),
      await signed({ iss: 'https://other' }),
      await signed({ aud: ['one', 'two'] }),
      await signCompact(stranger, 'JWT', claims),
      await signCompact({ ...stranger, kid }, 'JWT', claims),
      await signCompact({ ...stranger, kid: '__proto__' }, 'JWT', claims),
    ]) {
      expect(await hints(text)).toBeUndefined();
    }
  });
});
