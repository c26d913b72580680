import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { CachedKeySets } from '@keygate/common/jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { compileKeyManagers } from '../apis/foreign-key-managers.js';
import { entitiesOf } from '../apis/test/catalog.js';
import type { ForeignVerdict } from '../pipeline/ports.js';
import { ForeignTokens } from './foreign-tokens.js';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const rotated = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const stranger = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const jwks = (...keys: [KeyObject, string][]) => ({
  keys: keys.map(([key, kid]) => ({ ...key.export({ format: 'jwk' }), kid })),
});

const state = { now: 1_700_000_000_000, fetches: 0, document: {} as unknown };
const seconds = () => state.now / 1_000;

const aKeyManager = (given: object) => ({
  ...{ id: 'km', tenantDomain: 'carbon.super', name: 'Idp', enabled: true, issuer: 'https://idp.test' },
  ...{ tokenType: 'DIRECT', jwksUri: 'https://idp.test/jwks', pem: '', consumerKeyClaim: '', scopesClaim: '' },
  ...{ claimMapping: {}, createdAt: 1 },
  ...given,
});

function createSubject(given: object = {}) {
  const problems: string[] = [];
  const byTenant = compileKeyManagers(entitiesOf({ keyManagers: [aKeyManager(given)] }), problems);
  const issuers = byTenant.get('carbon.super') ?? new Map();
  const tokens = new ForeignTokens({
    keySets: new CachedKeySets({
      fetchDocument: async () => {
        state.fetches++;
        if (state.document instanceof Error) throw state.document;
        return state.document;
      },
      now: () => state.now,
      reportFailure: () => undefined,
      unavailable: () => new Error('away'),
    }),
    ownKeys: () => new Map([['own', {} as never]]),
    now: () => state.now,
    maxEntries: 100,
  });
  return { tokens, issuers, problems, judge: async (token: string) => tokens.lookup(token, issuers) };
}

function mint(claims: object = {}, header: object = {}, key: KeyObject = rsa.privateKey): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const all = { iss: 'https://idp.test', sub: 'joe', azp: 'ck-1', exp: seconds() + 600, scope: 'a b', ...claims };
  const input = `${part({ alg: 'RS256', typ: 'JWT', kid: 'one', ...header })}.${part(all)}`;
  return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

const stateOf = (verdict: ForeignVerdict | undefined) => verdict?.state;

beforeEach(() => {
  Object.assign(state, { now: 1_700_000_000_000, fetches: 0, document: jwks([rsa.publicKey, 'one']) });
});

describe('a token of another key manager', () => {
  it('stands for its consumer key, with its claims under local names', async () => {
    const { judge } = createSubject({ claimMapping: { mail: 'http://wso2.org/claims/emailaddress' } });
    expect(await judge(mint({ mail: 'j@x', groups: ['g'], aud: ['one', 'two'] }))).toMatchObject({
      state: 'active',
      facts: {
        ...{ clientId: 'ck-1', kind: 'APPLICATION_USER', user: 'FEDERATED/Idp/joe@carbon.super' },
        ...{ scopes: ['a', 'b'], audience: ['one', 'two'] },
        foreign: {
          keyManager: 'Idp',
          consumer: 'carbon.super\nIdp\nck-1',
          claims: { 'http://wso2.org/claims/emailaddress': 'j@x', groups: ['g'], sub: 'joe' },
        },
      },
    });
  });

  it('names consumer key and scopes in the claims that were set', async () => {
    const { judge } = createSubject({ consumerKeyClaim: 'client', scopesClaim: 'scp' });
    const verdict = await judge(mint({ client: 'joe', scp: ['x', 'y'] }));
    expect(verdict).toMatchObject({ facts: { clientId: 'joe', kind: 'APPLICATION', user: '', scopes: ['x', 'y'] } });
  });

  it('is bound to what its cnf says, and to nothing that can be shown when that is not known', async () => {
    const { judge } = createSubject();
    expect(await judge(mint({ cnf: { jkt: 'k' } }))).toMatchObject({ facts: { confirmation: { method: 'jkt' } } });
    expect(await judge(mint({ cnf: { kid: 'k' } }))).toMatchObject({ facts: { confirmation: { thumbprint: '' } } });
  });

  it.each([
    ['wrong signature', () => mint({}, {}, stranger.privateKey), 'invalid'],
    ['unknown key', () => mint({}, { kid: 'two' }), 'invalid'],
    ['no algorithm', () => mint({}, { alg: 'none' }), 'invalid'],
    ['no end', () => mint({ exp: undefined }), 'invalid'],
    ['expired', () => mint({ exp: seconds() - 31 }), 'expired'],
    ['not yet valid', () => mint({ nbf: seconds() + 60 }), 'invalid'],
    ['another issuer', () => mint({ iss: 'https://other.test' }), undefined],
    ['a key of ours', () => mint({}, { kid: 'own' }), undefined],
    ['no JWT', () => 'abcdef', undefined],
  ])('%s', async (_, token, answer) => {
    expect(stateOf(await createSubject().judge(token()))).toBe(answer);
  });

  it('is judged from memory, without a promise, until its end', async () => {
    const { tokens, issuers, judge } = createSubject();
    const token = mint({ exp: seconds() + 60 });
    await judge(token);
    expect(tokens.lookup(token, issuers)).not.toBeInstanceOf(Promise);
    state.now += 91_000;
    expect(tokens.lookup(token, issuers)).toEqual({ state: 'expired' });
    expect(state.fetches).toBe(1);
  });

  it('is nothing to another tenant, and nothing once the key manager has other keys', async () => {
    const { tokens, judge } = createSubject();
    const token = mint();
    await judge(token);
    expect(tokens.lookup(token, new Map())).toBeUndefined();
    const pem = String(stranger.publicKey.export({ type: 'spki', format: 'pem' }));
    const { issuers } = createSubject({ jwksUri: '', pem });
    expect(tokens.lookup(token, issuers)).toEqual({ state: 'invalid' });
  });

  it('is verified with a public key or a certificate in PEM', async () => {
    const pem = String(rsa.publicKey.export({ type: 'spki', format: 'pem' }));
    const { tokens, issuers } = createSubject({ jwksUri: '', pem });
    expect(tokens.lookup(mint(), issuers)).toMatchObject({ state: 'active' });
    expect(state.fetches).toBe(0);
  });

  it('cannot be judged without keys, which is said', async () => {
    const { judge, problems } = createSubject({ jwksUri: '', pem: 'nonsense' });
    expect(stateOf(await judge(mint()))).toBe('undecidable');
    expect(problems).toEqual(['key manager Idp of carbon.super: has no key that can be used']);
  });

  it('has to be exchanged first where the key manager says so', async () => {
    const { judge } = createSubject({ tokenType: 'EXCHANGED' });
    expect(stateOf(await judge(mint()))).toBe('exchange');
    expect(stateOf(await createSubject({ tokenType: 'BOTH' }).judge(mint()))).toBe('active');
  });
});

describe('the key set of another key manager', () => {
  it('is followed through a rotation, and asked at most every few seconds', async () => {
    const { judge } = createSubject();
    await judge(mint());
    state.document = jwks([rotated.publicKey, 'two']);
    const next = () => mint({}, { kid: 'two', alg: 'ES256' }, rotated.privateKey);
    expect(stateOf(await judge(next()))).toBe('active');
    for (let i = 0; i < 20; i++) expect(stateOf(await judge(mint({ i }, { kid: `made up ${i}` })))).toBe('invalid');
    expect(state.fetches).toBe(2);
  });

  it('serves on while its publisher is away; what a newer one would decide is not decided', async () => {
    const { judge } = createSubject();
    await judge(mint());
    state.document = new Error('away');
    state.now += 600_000;
    expect(stateOf(await judge(mint()))).toBe('active');
    expect(stateOf(await judge(mint({}, { kid: 'two', alg: 'ES256' }, rotated.privateKey)))).toBe('undecidable');
  });

  it('that never came decides nothing', async () => {
    state.document = new Error('away');
    expect(stateOf(await createSubject().judge(mint()))).toBe('undecidable');
  });
});

it('two key managers of a tenant with one issuer: the oldest counts', () => {
  const problems: string[] = [];
  const keyManagers = [aKeyManager({ id: 'b', name: 'Later', createdAt: 2 }), aKeyManager({ id: 'a', createdAt: 1 })];
  const byTenant = compileKeyManagers(entitiesOf({ keyManagers }), problems);
  expect(byTenant.get('carbon.super')?.get('https://idp.test')?.name).toBe('Idp');
  expect(problems).toEqual(['key manager Later: its issuer has another one already']);
});
