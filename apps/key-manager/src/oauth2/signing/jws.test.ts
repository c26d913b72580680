import { compactVerify, importJWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { testSigningPair } from '../../../test/support/test-signer.js';
import { newSigningPair, signCompact, signingAlgorithms, thumbprint } from './jws.js';

describe('the thumbprint of a key', () => {
  it('is that of RFC 7638 §3.1', () => {
    const n =
      '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhM' +
      'stn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5' +
      'hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw';
    expect(thumbprint({ kty: 'RSA', n, e: 'AQAB', alg: 'RS256', kid: '2011-04-29' })).toBe(
      'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
    );
  });
});

describe.each(signingAlgorithms)('a JWT signed with %s', (alg) => {
  it('is verified by somebody else, and names its type and key', async () => {
    const pair = await testSigningPair(alg);
    const jwt = await signCompact(pair, 'at+jwt', { sub: 'é', scope: 'a b' });
    const key = await importJWK(pair.publicJwk, alg);
    const { payload, protectedHeader } = await compactVerify(jwt, key);
    expect(protectedHeader).toEqual({ typ: 'at+jwt', alg, kid: pair.kid });
    expect(JSON.parse(new TextDecoder().decode(payload))).toEqual({ sub: 'é', scope: 'a b' });
  });

  it('shows a public key and no private member', async () => {
    const { publicJwk, kid } = alg === 'ES256' ? await newSigningPair(alg) : await testSigningPair(alg);
    const members = alg === 'RS256' ? ['e', 'n'] : ['crv', 'x', 'y'];
    expect(Object.keys(publicJwk).sort()).toEqual(['alg', 'kid', 'kty', 'use', ...members].sort());
    expect(publicJwk).toMatchObject({ kid, use: 'sig', alg });
  });
});
