import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { VerificationKey } from '../apis/verification-key.js';
import { InternalKeys } from './internal-keys.js';

const now = 1_700_000_000_000;
const seconds = now / 1_000;

function keyPair(kid: string): { readonly verification: VerificationKey; readonly privateKey: KeyObject } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    verification: { kid, alg: 'ES256', key: publicKey, jwk: {}, maxAgeSeconds: 60, issuer: 'https://km.test' },
    privateKey,
  };
}

const ours = keyPair('ours');
const foreign = keyPair('ours');

const good = {
  ...{ iss: 'https://km.test', sub: 'pat@carbon.super', keytype: 'SANDBOX', api_id: 'api-1' },
  ...{ tenant_domain: 'carbon.super', token_type: 'InternalKey', iat: seconds - 10, exp: seconds + 60 },
};

function mint(claims: object = good, header: object = {}, { privateKey } = ours): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const input = `${part({ alg: 'ES256', typ: 'internal-key+jwt', kid: 'ours', ...header })}.${part(claims)}`;
  const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}

function createSubject() {
  const state = { now, keys: new Map([['ours', ours.verification]]) };
  return { state, keys: new InternalKeys({ keys: () => state.keys, now: () => state.now }) };
}

describe('an internal key', () => {
  it('says its API, its kind and who made it', () => {
    expect(createSubject().keys.judge(mint())).toMatchObject({
      state: 'active',
      apiId: 'api-1',
      facts: { kind: 'INTERNAL', keyType: 'SANDBOX', user: 'pat@carbon.super', clientId: '', scopes: [] },
    });
  });

  it.each([
    ['no JWT', 'abc'],
    ['an access token', mint(good, { typ: 'at+jwt' })],
    ['an id token', mint(good, { typ: 'JWT' })],
    ['signed by somebody else', mint(good, {}, foreign)],
    ['an unknown key', mint(good, { kid: 'other' })],
    ['another algorithm', mint(good, { alg: 'none' })],
    ['another issuer', mint({ ...good, iss: 'https://evil.test' })],
    ['another type of token', mint({ ...good, token_type: 'x' })],
    ['expired', mint({ ...good, exp: seconds - 1 })],
    ['without an end', mint({ ...good, exp: undefined })],
    ['not yet valid', mint({ ...good, nbf: seconds + 120 })],
    ['no API', mint({ ...good, api_id: undefined })],
    ['changed', `${mint().slice(0, -4)}AAAA`],
  ])('is refused: %s', (_, key) => {
    expect(createSubject().keys.judge(key)).toEqual({ state: 'invalid' });
  });

  it('ends with its time, with its signing key and with the tokens of its user', () => {
    const { state, keys } = createSubject();
    const key = mint();
    expect(keys.judge(key).state).toBe('active');
    state.now += 61_000;
    expect(keys.judge(key).state).toBe('invalid');
    state.now = now;
    state.keys = new Map();
    expect(keys.judge(key).state).toBe('invalid');
    state.keys = new Map([['ours', ours.verification]]);
    keys.revoked({ seq: 1, target: { $case: 'subject', subject: 'pat@carbon.super' }, revokedAt: now, expiresAt: 0 });
    expect(keys.judge(key).state).toBe('invalid');
    expect(keys.judge(mint({ ...good, iat: seconds + 1 })).state).toBe('active');
  });
});
