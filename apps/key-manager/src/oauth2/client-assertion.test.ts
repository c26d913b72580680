import { generateKeyPairSync } from 'node:crypto';
import { parseKeySet } from '@keygate/common/jose';
import { SignJWT } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { createMemoryStorage } from '../storage/memory/memory-storage.js';
import { createClientAssertionVerifier, jwtBearerAssertion, readClientAssertion } from './client-assertion.js';
import { TemporarilyUnavailable } from './errors.js';
import type { Client, ClientMetadata } from './model.js';

const key = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ed = generateKeyPairSync('ed25519');
const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const jwks = { keys: [key, ed, rsa].map(({ publicKey }) => publicKey.export({ format: 'jwk' })) as object[] };
const audience = 'https://localhost:9443/oauth2/token';
const now = 1_700_000_000;

const clientWith = (metadata: ClientMetadata): Client => ({
  clientId: 'client',
  name: 'client',
  tenantDomain: 'carbon.super',
  owner: 'owner@carbon.super',
  keyType: 'PRODUCTION',
  grantTypes: [],
  confidential: true,
  active: true,
  allTenants: false,
  lifetimes: {},
  metadata: { tokenEndpointAuthMethod: 'private_key_jwt', ...metadata },
});
const registered = clientWith({ jwks: jwks as NonNullable<ClientMetadata['jwks']> });

let jti = 0;
const good = () => ({ iss: 'client', sub: 'client', aud: audience, exp: now + 60, jti: `id-${jti++}` });
const sign = (claims: object, alg = 'ES256', privateKey = key.privateKey) =>
  new SignJWT({ ...claims }).setProtectedHeader({ alg }).sign(privateKey);

describe('client assertions (private_key_jwt)', () => {
  let judge: (jwt: string, client?: Client) => Promise<string | undefined>;
  let published: { old: object[]; newer: object[] | undefined; asked: string[] };
  beforeEach(() => {
    published = { old: [], newer: undefined, asked: [] };
    const set = (keys: object[]) => parseKeySet({ keys }) ?? { keys: [] };
    const verify = createClientAssertionVerifier({
      replays: createMemoryStorage({ clock: { now: () => now * 1_000 } }).replays,
      clock: { now: () => now * 1_000 },
      keySets: {
        async keySetAt(uri) {
          published.asked.push(uri);
          if (uri.includes('away')) throw new TemporarilyUnavailable();
          return set(published.old);
        },
        newerThan: async () => published.newer && set(published.newer),
      },
      audiences: new Set([audience, 'https://localhost:8243/token']),
      settings: { maxLifetimeSeconds: 600, clockSkewSeconds: 30 },
    });
    judge = async (jwt, client = registered) => {
      const sent = readClientAssertion(jwtBearerAssertion, jwt);
      return sent ? verify(sent, client) : 'unread';
    };
  });

  it.each([
    ['ES256', key.privateKey],
    ['EdDSA', ed.privateKey],
    ['RS256', rsa.privateKey],
    ['PS256', rsa.privateKey],
  ])('are good when signed with %s by a registered key', async (alg, privateKey) => {
    expect(await judge(await sign(good(), alg, privateKey))).toBeUndefined();
  });

  it.each([
    ['an audience among others', { aud: ['https://elsewhere.example', 'https://localhost:8243/token'] }],
    ['iat and nbf within the skew', { iat: now + 29, nbf: now + 29 }],
    ['exp within the skew', { exp: now - 29 }],
  ])('are good with %s', async (_, change) => {
    expect(await judge(await sign({ ...good(), ...change }))).toBeUndefined();
  });

  it.each([
    ['another iss', { iss: 'another' }, 'iss and sub differ'],
    ['no iss', { iss: undefined }, 'iss and sub differ'],
    ['another sub', { sub: 'another', iss: 'another' }, 'iss and sub differ'],
    ['no aud', { aud: undefined }, 'aud is not this server'],
    ['the aud of another server', { aud: 'https://elsewhere.example/token' }, 'aud is not this server'],
    ['an aud that only begins like ours', { aud: `${audience}/` }, 'aud is not this server'],
    ['eleven audiences', { aud: [...Array(10).fill('x'), audience] }, 'aud is not this server'],
    ['no exp', { exp: undefined }, 'exp is missing'],
    ['exp as text', { exp: String(now + 60) }, 'exp is missing'],
    ['an exp that is over', { exp: now - 30 }, 'it has expired'],
    ['an exp too far ahead', { exp: now + 631 }, 'exp is too far ahead'],
    ['nbf ahead', { nbf: now + 31 }, 'nbf is ahead'],
    ['iat ahead', { iat: now + 31 }, 'iat is ahead'],
    ['no jti', { jti: undefined }, 'jti is missing'],
    ['an empty jti', { jti: '' }, 'jti is missing'],
    ['a jti of 513 characters', { jti: 'x'.repeat(513) }, 'jti is missing'],
  ])('prove nothing with %s', async (_, change, reason) => {
    expect(await judge(await sign({ ...good(), ...change }))).toBe(reason);
  });

  it('prove nothing when another key signed them, or a secret did', async () => {
    const reason = 'no key of the client signed it';
    expect(await judge(await sign(good(), 'ES256', other.privateKey))).toBe(reason);
    const hmac = new SignJWT(good()).setProtectedHeader({ alg: 'HS256' });
    const pem = key.publicKey.export({ type: 'spki', format: 'pem' });
    expect(await judge(await hmac.sign(Buffer.from(pem)))).toBe(reason);
    expect(
      await judge(await sign(good(), 'ES384', generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey)),
    ).toBe(reason);
    expect(await judge(await sign(good()), clientWith({}))).toBe(reason);
  });

  it('are good once', async () => {
    const jwt = await sign(good());
    const answers = await Promise.all([judge(jwt), judge(jwt), judge(jwt)]);
    expect(answers.filter((fault) => fault === undefined)).toHaveLength(1);
    expect(answers.filter((fault) => fault === 'jti was used before')).toHaveLength(2);
  });

  it('use up no id that a stranger guessed', async () => {
    const claims = good();
    await judge(await sign(claims, 'ES256', other.privateKey));
    expect(await judge(await sign(claims))).toBeUndefined();
  });

  it('are checked with the keys at jwks_uri, read anew when none fits', async () => {
    const client = clientWith({ jwksUri: 'https://client.example/jwks' });
    published.old = [other.publicKey.export({ format: 'jwk' })];
    expect(await judge(await sign(good()), client)).toBe('no key of the client signed it');
    published.newer = jwks.keys;
    expect(await judge(await sign(good()), client)).toBeUndefined();
    const away = clientWith({ jwksUri: 'https://away.example/jwks' });
    await expect(judge(await sign(good()), away)).rejects.toThrow(TemporarilyUnavailable);
  });

  it('have nobody fetch keys for what is wrong anyway', async () => {
    const client = clientWith({ jwksUri: 'https://client.example/jwks' });
    await judge(await sign({ ...good(), exp: now - 60 }), client);
    expect(published.asked).toEqual([]);
  });

  it.each([
    ['another type', 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer', 'a.b.c'],
    ['no type', undefined, 'a.b.c'],
    ['no assertion', jwtBearerAssertion, undefined],
    ['no JWT', jwtBearerAssertion, 'text'],
  ])('are not read with %s', (_, type, assertion) => {
    expect(readClientAssertion(type, assertion)).toBeUndefined();
  });
});
