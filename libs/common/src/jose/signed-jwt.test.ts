import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { certificatesOf, type KeySet, parseKeySet } from './key-set.js';
import { isSignedBy, readJwt, verifiableAlgorithms } from './signed-jwt.js';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });
const pairs: Readonly<Record<string, { publicKey: KeyObject; privateKey: KeyObject }>> = {
  ...Object.fromEntries(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'].map((alg) => [alg, rsa])),
  ES256: ec('P-256'),
  ES384: ec('P-384'),
  ES512: ec('P-521'),
  EdDSA: generateKeyPairSync('ed25519'),
};
const pairOf = (alg: string) => pairs[alg] ?? rsa;
const jwkOf = (key: KeyObject, more: object = {}) => ({ ...key.export({ format: 'jwk' }), ...more });
const setOf = (...keys: object[]): KeySet => parseKeySet({ keys }) ?? { keys: [] };
const signed = (alg: string, header: object = {}) =>
  new SignJWT({ sub: 'someone' }).setProtectedHeader({ alg, ...header }).sign(pairOf(alg).privateKey);
const verified = (jwt: string, keys: KeySet, allowed: readonly string[] = verifiableAlgorithms) => {
  const read = readJwt(jwt);
  return read !== undefined && isSignedBy(read, keys, allowed);
};
const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('signatures of JWTs', () => {
  it.each(verifiableAlgorithms)('verifies %s, with its own key and only where it is allowed', async (alg) => {
    const jwt = await signed(alg, { kid: 'k' });
    const keys = setOf(jwkOf(pairOf(alg).publicKey, { kid: 'k' }));
    expect(verified(jwt, keys)).toBe(true);
    expect(verified(jwt, keys, ['none'])).toBe(false);
    const others = setOf(
      jwkOf(generateKeyPairSync('rsa', { modulusLength: 2_048 }).publicKey),
      jwkOf(ec('P-256').publicKey),
    );
    expect(verified(jwt, others)).toBe(false);
    const [header, , signature] = jwt.split('.');
    expect(verified(`${header}.${encoded({ sub: 'admin' })}.${signature}`, keys)).toBe(false);
  });

  it('takes no unsigned token and none signed with the public key as a secret', () => {
    const keys = setOf(jwkOf(rsa.publicKey));
    const claims = encoded({ sub: 'admin' });
    for (const alg of ['none', 'None', 'HS256', 'constructor', '__proto__']) {
      const input = `${encoded({ alg })}.${claims}`;
      const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' });
      const mac = createHmac('sha256', pem).update(input).digest('base64url');
      expect(verified(`${input}.`, keys, [...verifiableAlgorithms, alg])).toBe(false);
      expect(verified(`${input}.${mac}`, keys, [...verifiableAlgorithms, alg])).toBe(false);
    }
  });

  it('takes a named key only by its name, and tries all when the token names none', async () => {
    const other = jwkOf(generateKeyPairSync('rsa', { modulusLength: 2_048 }).publicKey, { kid: 'other' });
    const own = jwkOf(rsa.publicKey, { kid: 'own' });
    expect(verified(await signed('RS256', { kid: 'own' }), setOf(other, own))).toBe(true);
    expect(verified(await signed('RS256', { kid: 'other' }), setOf(other, own))).toBe(false);
    expect(verified(await signed('RS256'), setOf(other, own))).toBe(true);
  });

  it('ignores keys that the token brings along', async () => {
    const jwk = jwkOf(rsa.publicKey);
    const jwt = await new SignJWT({})
      .setProtectedHeader({ alg: 'RS256', jwk, jku: 'https://evil.example' })
      .sign(rsa.privateKey);
    expect(verified(jwt, setOf(jwkOf(ec('P-256').publicKey)))).toBe(false);
  });

  it('holds a key to its use and its algorithm', async () => {
    const jwt = await signed('RS256');
    expect(verified(jwt, setOf(jwkOf(rsa.publicKey, { use: 'enc' })))).toBe(false);
    expect(verified(jwt, setOf(jwkOf(rsa.publicKey, { key_ops: ['encrypt'] })))).toBe(false);
    expect(verified(jwt, setOf(jwkOf(rsa.publicKey, { alg: 'RS512' })))).toBe(false);
    expect(verified(jwt, setOf(jwkOf(rsa.publicKey, { use: 'sig', alg: 'RS256', key_ops: ['verify'] })))).toBe(true);
  });

  it('leaves out RSA keys whose signatures cost too much to check', () => {
    const long = { kty: 'RSA', n: Buffer.alloc(2_048, 255).toString('base64url'), e: 'AQAB' };
    const longExponent = { ...jwkOf(rsa.publicKey), e: Buffer.alloc(200, 255).toString('base64url') };
    expect(setOf(long, longExponent).keys).toEqual([]);
  });

  it('leaves out weak, symmetric and broken keys', () => {
    const weak = jwkOf(generateKeyPairSync('rsa', { modulusLength: 1_024 }).publicKey);
    expect(
      setOf(weak, { kty: 'oct', k: 'AAAA' }, { kty: 'RSA' }, { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' }).keys,
    ).toEqual([]);
    expect(parseKeySet({ keys: 'none' })).toBeUndefined();
    expect(parseKeySet([])).toBeUndefined();
    expect(parseKeySet({ keys: Array(101).fill({}) })).toBeUndefined();
    expect(() => certificatesOf('no certificate')).toThrow();
    expect(() => certificatesOf('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----')).toThrow();
  });

  it('reads no other form', async () => {
    const jwt = await signed('RS256');
    const [header = '', payload = '', signature = ''] = jwt.split('.');
    for (const text of [
      '',
      'a.b',
      `${header}.${payload}`,
      `${jwt}.`,
      `${jwt}=`,
      ` ${jwt}`,
      `${header}..${signature}`,
      `${encoded({ alg: 'RS256', crit: ['exp'] })}.${payload}.${signature}`,
      `${encoded({ alg: 'RS256', b64: false })}.${payload}.${signature}`,
      `${encoded([])}.${payload}.${signature}`,
      `${encoded({ alg: 1 })}.${payload}.${signature}`,
      `${header}.${encoded('text')}.${signature}`,
      `${header}.${'A'.repeat(17_000)}.${signature}`,
    ]) {
      expect(readJwt(text)).toBeUndefined();
    }
  });
});
