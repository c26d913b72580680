import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { accessTokenHash, checkProof, createNonces, jwkThumbprint, ownUrl, type Proof } from './index.js';

const window = { maxAgeSeconds: 60, clockSkewSeconds: 30 };

describe('the vectors of the RFCs', () => {
  it('RFC 7638 §3.1: the thumbprint of an RSA key', () => {
    const jwk = {
      kty: 'RSA',
      n: '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
      e: 'AQAB',
      alg: 'RS256',
      kid: '2011-04-29',
    };
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    expect(jwkThumbprint(key)).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs');
  });

  const key =
    'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19';

  it('RFC 9449 §5: the proof of a token request', () => {
    const proof = `${key}.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg`;
    const expected = { method: 'POST', own: [ownUrl('https://server.example.com')], path: '/token', window };
    expect(checkProof(proof, { ...expected, now: 1_562_262_616_000 })).toMatchObject({
      thumbprint: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I',
    });
    expect(checkProof(proof, { ...expected, now: 1_562_262_707_000 })).toEqual({ fault: 'iat is not now' });
  });

  it('RFC 9449 §7: the proof at a resource, with ath', () => {
    const proof = `${key}.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA`;
    const expected = {
      method: 'GET',
      own: [ownUrl('https://resource.example.org')],
      path: '/protectedresource',
      now: 1_562_262_618_000,
      window,
    };
    const accessToken = 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU';
    expect(accessTokenHash(accessToken)).toBe('fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo');
    expect(checkProof(proof, { ...expected, accessToken })).toMatchObject({
      thumbprint: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I',
    });
    expect(checkProof(proof, { ...expected, accessToken: 'x' })).toEqual({ fault: 'ath is of another token' });
  });
});

describe('DPoP proofs (RFC 9449 §4.3)', () => {
  const now = 1_700_000_000;
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ed = generateKeyPairSync('ed25519');
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const own = [ownUrl('https://gateway.example.com:8243/'), ownUrl('https://api.example.com/prefix/')];
  const expected = { method: 'POST', own, path: '/token', now: now * 1_000, window };
  const jwkOf = (key: KeyObject) => key.export({ format: 'jwk' });

  interface Change {
    readonly header?: object;
    readonly claims?: object;
    readonly alg?: string;
    readonly pair?: { publicKey: KeyObject; privateKey: KeyObject };
  }
  const proofOf = ({ header, claims, alg = 'ES256', pair = ec }: Change = {}) =>
    new SignJWT({ jti: 'id', htm: 'POST', htu: 'https://gateway.example.com:8243/token', iat: now, ...claims })
      .setProtectedHeader({ alg, typ: 'dpop+jwt', jwk: jwkOf(pair.publicKey), ...header })
      .sign(pair.privateKey);
  const faultOf = (checked: object) => ('fault' in checked ? checked.fault : undefined);

  it.each([
    ['ES256', ec],
    ['EdDSA', ed],
    ['Ed25519', ed],
    ['RS256', rsa],
    ['PS256', rsa],
  ])('are good with %s', async (alg, pair) => {
    const checked = checkProof(await proofOf({ alg, pair }), expected);
    expect(checked).toMatchObject({ thumbprint: jwkThumbprint(pair.publicKey), nonce: undefined });
  });

  it.each([
    'https://gateway.example.com:8243/token',
    'HTTPS://Gateway.Example.COM:8243/token?a=b#c',
    'https://gateway.example.com:8243/a/../%74oken',
    'https://api.example.com/prefix/token',
    'https://api.example.com:443/prefix/token',
  ])('are for %s', async (htu) => {
    expect(faultOf(checkProof(await proofOf({ claims: { htu } }), expected))).toBeUndefined();
  });

  it.each([
    ['another host', { htu: 'https://evil.example/token' }, 'htu is another address'],
    ['a host that begins like ours', { htu: 'https://api.example.com.evil.example/token' }, 'htu is another address'],
    ['another port', { htu: 'https://gateway.example.com/token' }, 'htu is another address'],
    ['another scheme', { htu: 'http://gateway.example.com:8243/token' }, 'htu is another address'],
    ['another path', { htu: 'https://gateway.example.com:8243/revoke' }, 'htu is another address'],
    ['a slash more', { htu: 'https://gateway.example.com:8243/token/' }, 'htu is another address'],
    ['no address', { htu: '/token' }, 'htu is another address'],
    ['no htu', { htu: undefined }, 'htu is another address'],
    ['another method', { htm: 'GET' }, 'htm is another method'],
    ['the method in small letters', { htm: 'post' }, 'htm is another method'],
    ['an old iat', { iat: now - 91 }, 'iat is not now'],
    ['an iat ahead', { iat: now + 31 }, 'iat is not now'],
    ['iat as text', { iat: String(now) }, 'iat is not now'],
    ['no iat', { iat: undefined }, 'iat is not now'],
    ['no jti', { jti: undefined }, 'jti is missing'],
    ['an endless jti', { jti: 'x'.repeat(513) }, 'jti is missing'],
  ])('prove nothing with %s', async (_, claims, fault) => {
    expect(checkProof(await proofOf({ claims }), expected)).toEqual({ fault });
  });

  it.each<[string, Change, string]>([
    ['another typ', { header: { typ: 'JWT' } }, 'it is no DPoP proof'],
    ['a private key', { header: { jwk: jwkOf(ec.privateKey) } }, 'its key is not taken'],
    ['no key', { header: { jwk: undefined } }, 'its key is not taken'],
    ['a key as text', { header: { jwk: 'x' } }, 'its key is not taken'],
    ['a secret as key', { header: { jwk: { kty: 'oct', k: 'AAAA' } } }, 'its key is not taken'],
    ['a key of another kind', { header: { jwk: jwkOf(rsa.publicKey) } }, 'its key is not taken'],
    [
      'the key of somebody else',
      { header: { jwk: jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey) } },
      'its signature is wrong',
    ],
    [
      'another algorithm',
      { alg: 'ES384', pair: generateKeyPairSync('ec', { namedCurve: 'P-384' }) },
      'its algorithm is not taken',
    ],
    [
      'a huge key',
      {
        alg: 'RS256',
        pair: rsa,
        header: { jwk: { ...jwkOf(rsa.publicKey), n: Buffer.alloc(700, 255).toString('base64url') } },
      },
      'its key is not taken',
    ],
    [
      'a huge exponent',
      {
        alg: 'RS256',
        pair: rsa,
        header: { jwk: { ...jwkOf(rsa.publicKey), e: Buffer.alloc(200, 255).toString('base64url') } },
      },
      'its key is not taken',
    ],
  ])('prove nothing with %s', async (_, change, fault) => {
    expect(checkProof(await proofOf(change), expected)).toEqual({ fault });
  });

  it('prove nothing unsigned, twice in one header, or cut', async () => {
    const proof = await proofOf();
    const [head = '', body = ''] = proof.split('.');
    const none = Buffer.from(JSON.stringify({ typ: 'dpop+jwt', alg: 'none', jwk: jwkOf(ec.publicKey) })).toString(
      'base64url',
    );
    for (const text of [
      `${none}.${body}.AA`,
      `${head}.${body}.`,
      `${proof}, ${proof}`,
      '',
      'a.b.c',
      proof.slice(0, -8),
      'x'.repeat(9_000),
    ]) {
      expect(faultOf(checkProof(text, expected))).toBeTypeOf('string');
    }
  });

  it('are named by jti and key, and have to be remembered as long as they would be taken', async () => {
    const one = checkProof(await proofOf({ claims: { nonce: 'n' } }), expected) as Proof;
    const same = checkProof(await proofOf(), expected) as Proof;
    const other = checkProof(await proofOf({ claims: { jti: 'other' } }), expected) as Proof;
    expect(same.id).toBe(one.id);
    expect(other.id).not.toBe(one.id);
    expect(one.nonce).toBe('n');
    expect(one.replayableUntil).toBe((now + 91) * 1_000);
  });
});

describe('nonces (RFC 9449 §8)', () => {
  const slot = 300_000;
  const nonces = createNonces(Buffer.alloc(32, 1), 300);

  it('are good for a slot and the next, on every server with the key', () => {
    const nonce = nonces.current(10 * slot);
    const other = createNonces(Buffer.alloc(32, 1), 300);
    expect(nonce).toMatch(/^[\w-]{32}$/);
    for (const now of [10 * slot, 11 * slot, 12 * slot - 1]) expect(other.isGood(nonce, now)).toBe(true);
    expect(other.isGood(nonce, 12 * slot)).toBe(false);
    expect(other.isGood(nonces.current(13 * slot), 12 * slot - 1)).toBe(false);
  });

  it('are no good under another key, or made up', () => {
    const stranger = createNonces(Buffer.alloc(32, 2), 300);
    for (const nonce of [stranger.current(slot), '', 'x', 'ü'.repeat(32), '\u{1f600}'.repeat(16)]) {
      expect(nonces.isGood(nonce, slot)).toBe(false);
    }
  });
});
