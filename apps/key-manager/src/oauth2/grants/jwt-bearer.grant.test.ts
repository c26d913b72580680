import { beforeAll, describe, expect, it } from 'vitest';
import {
  provider,
  type SigningIdentity,
  signingIdentity,
  signJwt,
  tokenEndpoint,
} from '../../../test/support/identity-provider.js';
import { clientId, createOAuth2World, refusal } from '../../../test/support/oauth2.js';
import type { IdentityProvider } from '../../identity-providers/identity-provider.js';
import { checkUserName } from '../../users/user-accounts.js';
import { parseUserName } from '../../users/user-name.js';
import type { OAuth2Settings } from '../settings.js';
import { sha256 } from '../token-hash.js';

const grantType = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

describe('grant_type=jwt-bearer', () => {
  let idp: SigningIdentity;
  let stranger: SigningIdentity;
  beforeAll(async () => {
    [idp, stranger] = await Promise.all([signingIdentity(), signingIdentity()]);
  });

  async function createWorld(change: Partial<IdentityProvider> = {}, settings: Partial<OAuth2Settings> = {}) {
    const world = await createOAuth2World({ grantTypes: [grantType, 'refresh_token', 'password'], ...settings });
    await world.storage.clientRegistry.updateRegistration(clientId, { grantTypes: [grantType, 'refresh_token'] });
    await world.storage.identityProviders.createProvider(provider({ certificates: idp.certificate, ...change }));
    const sign = (claims = {}, header = {}, by = idp) => signJwt(by, world.clock.now(), claims, header);
    const exchange = async (assertion: string | Promise<string>, more: Record<string, string> = {}) =>
      world.token({ grant_type: grantType, assertion: await assertion, ...more });
    const grantOf = async (accessToken: string) => (await world.tokens.findAccessToken(sha256(accessToken)))?.grant;
    return { ...world, sign, exchange, grantOf };
  }

  it('gives a token to a name that no local user can have, and no refresh token', async () => {
    const { sign, exchange, grantOf } = await createWorld();
    const granted = await exchange(sign({ sub: 'admin' }));
    expect(granted).toMatchObject({ tokenType: 'Bearer', scope: 'default', refreshToken: undefined });
    expect(await grantOf(granted.accessToken)).toMatchObject({
      subject: 'FEDERATED/example/admin@carbon.super',
      tenantDomain: 'carbon.super',
      kind: 'APPLICATION_USER',
      details: { federation: { provider: 'example', subject: 'admin', roles: [] } },
    });
    expect(() => checkUserName(parseUserName('FEDERATED/example/admin@carbon.super'))).toThrow();
  });

  it.each([
    'admin@carbon.super',
    'PRIMARY/admin',
    'x@elsewhere.com',
    '/admin',
    '../admin',
    'admin@carbon.super@carbon.super',
  ])('keeps the subject %j away from every local name', async (sub) => {
    const { sign, exchange, grantOf } = await createWorld();
    const { accessToken } = await exchange(sign({ sub }));
    const subject = (await grantOf(accessToken))?.subject ?? '';
    expect(subject).toBe(`FEDERATED/example/${sub}@carbon.super`);
    expect(() => checkUserName(parseUserName(subject))).toThrow();
  });

  it.each([
    ['its own name', tokenEndpoint],
    ['its alias at the provider', 'keygate-at-idp'],
    ['one of several', ['https://other.example.com', 'keygate-at-idp']],
  ])('takes an audience that is %s', async (_what, aud) => {
    const { sign, exchange } = await createWorld();
    await expect(exchange(sign({ aud }))).resolves.toBeDefined();
  });

  const now = 1_700_000_000;
  it.each<[string, Record<string, unknown>, string]>([
    ['an unknown issuer', { iss: 'https://evil.example' }, 'No Registered IDP found for the issuer of the JWT.'],
    ['no issuer', { iss: undefined }, 'No Registered IDP found for the issuer of the JWT.'],
    ['an expired assertion', { exp: now - 61 }, 'JSON Web Token is expired'],
    ['no expiry', { exp: undefined }, 'The JWT says not when it expires.'],
    ['an expiry that is no number', { exp: `${now + 60}` }, 'The JWT says not when it expires.'],
    ['a life of more than a day', { exp: now + 86_400 + 61 }, 'The JWT lives too long.'],
    ['nbf in the future', { nbf: now + 61 }, 'The JWT is not valid yet.'],
    ['iat in the future', { iat: now + 61 }, 'The JWT is not valid yet.'],
    ['another audience', { aud: 'somebody-else' }, 'The JWT is for another audience.'],
    ['no audience', { aud: undefined }, 'The JWT is for another audience.'],
    ['an audience that only begins alike', { aud: 'keygate-at-idp.evil' }, 'The JWT is for another audience.'],
    ['no subject', { sub: undefined }, 'The JWT names no subject.'],
    ['a subject of blanks', { sub: '  ' }, 'The JWT names no subject.'],
    ['a subject with a line break', { sub: 'a\nb' }, 'The JWT names no subject.'],
    ['a subject with U+0000', { sub: 'a\0' }, 'The JWT names no subject.'],
    ['a subject that is far too long', { sub: 'x'.repeat(256) }, 'The JWT names no subject.'],
    ['a logout token', { events: {} }, 'The JWT was made for another purpose.'],
    ['an id that is no text', { jti: 7 }, 'The id of the JWT is malformed.'],
  ])('answers invalid_grant for %s', async (_what, claims, description) => {
    const { sign, exchange } = await createWorld();
    expect(await refusal(exchange(sign(claims)))).toEqual({ error: 'invalid_grant', status: 400, description });
  });

  it('takes clocks that are a little off', async () => {
    const { sign, exchange } = await createWorld();
    await expect(exchange(sign({ exp: now - 59, nbf: now + 59, iat: now + 59 }))).resolves.toBeDefined();
  });

  const broken = { error: 'invalid_grant', status: 400, description: 'Signature or Message Authentication invalid' };
  it('refuses a changed payload, another key, another algorithm and no signature', async () => {
    const { sign, exchange } = await createWorld();
    const [header = '', payload = '', signature = ''] = (await sign()).split('.');
    const forged = Buffer.from(payload, 'base64url').toString().replace('"bob"', '"eve"');
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    expect(await refusal(exchange(`${header}.${Buffer.from(forged).toString('base64url')}.${signature}`))).toEqual(
      broken,
    );
    expect(await refusal(exchange(sign({}, {}, stranger)))).toEqual(broken);
    expect(await refusal(exchange(sign({}, { alg: 'RS512' })))).toEqual(broken);
    expect(await refusal(exchange(`${part({ alg: 'none' })}.${payload}.`))).toEqual(broken);
    expect((await refusal(exchange('no.jwt'))).description).toBe('The assertion is not a signed JWT.');
  });

  it('believes no certificate that has run out', async () => {
    const expired = await signingIdentity({ to: 1_600_000_000_000 });
    const { sign, exchange } = await createWorld({ certificates: expired.certificate });
    expect(await refusal(exchange(sign({}, {}, expired)))).toEqual(broken);
  });

  it('believes no provider that is switched off, nor one of another tenant', async () => {
    for (const change of [{ enabled: false }, { tenantDomain: 'elsewhere.com' }]) {
      const { sign, exchange } = await createWorld(change);
      expect((await refusal(exchange(sign()))).description).toContain('No Registered IDP found');
    }
  });

  it('takes an assertion with an id once, however many send it at a time', async () => {
    const { sign, exchange, clock } = await createWorld();
    const assertion = await sign({ jti: 'one' });
    const answers = await Promise.allSettled(Array.from({ length: 20 }, () => exchange(assertion)));
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    clock.advance(359);
    expect((await refusal(exchange(assertion))).description).toBe('The assertion was used before.');
    await expect(exchange(sign({ jti: 'two' }))).resolves.toBeDefined();
  });

  it('does not use an assertion up by a request that it refuses', async () => {
    const { sign, exchange } = await createWorld({}, { unknownScopes: 'reject' });
    const assertion = await sign({ jti: 'one' });
    expect((await refusal(exchange(assertion, { scope: 'nope' }))).error).toBe('invalid_scope');
    await expect(exchange(assertion)).resolves.toBeDefined();
  });

  it('takes it again when the setting says so', async () => {
    const { sign, exchange, settings } = await createWorld();
    const lenient = await createWorld({}, { assertions: { ...settings.assertions, singleUse: false } });
    const assertion = await sign({ jti: 'one' });
    await lenient.exchange(assertion);
    await expect(lenient.exchange(assertion)).resolves.toBeDefined();
    await exchange(assertion);
  });

  it('drops a role-bound scope until the remote role is mapped', async () => {
    for (const [roleMapping, scope] of [
      [[], 'default'],
      [[{ remoteRole: 'Staff', localRole: 'other' }], 'default'],
      [[{ remoteRole: 'Staff', localRole: 'reader' }], 'read'],
    ] as const) {
      const { sign, exchange, addScope } = await createWorld({ roleClaim: 'groups', roleMapping });
      await addScope('read', ['reader']);
      for (const groups of ['Staff', ['x', 'Staff']]) {
        expect((await exchange(sign({ groups }), { scope: 'read' })).scope).toBe(scope);
      }
      // A remote role of the local name is not the local role.
      expect((await exchange(sign({ groups: ['reader'] }), { scope: 'read' })).scope).toBe('default');
    }
  });

  describe('with a provider whose users are linked by name', () => {
    it('stands for the local user, with their roles', async () => {
      const { sign, exchange, grantOf, addScope } = await createWorld({ useLocalUser: true });
      await addScope('read', ['reader']);
      for (const sub of ['demo', 'demo@carbon.super']) {
        const granted = await exchange(sign({ sub }), { scope: 'read' });
        expect(granted.scope).toBe('read');
        expect(await grantOf(granted.accessToken)).toMatchObject({ subject: 'demo@carbon.super' });
      }
    });

    it('refuses who is unknown or of another tenant', async () => {
      const { sign, exchange, resourceOwners } = await createWorld({ useLocalUser: true });
      resourceOwners.add('root@elsewhere.com', 'secret', ['admin']);
      for (const sub of ['nobody', 'root@elsewhere.com']) {
        expect((await refusal(exchange(sign({ sub })))).description).toBe('The subject is no user of this server.');
      }
    });
  });

  it('takes over mapped claims, standard ones if their scope was asked for, and never reserved ones', async () => {
    const claimMapping = [
      ['mail', 'email'],
      ['dept', 'department'],
      ['memberOf', 'groups'],
      ['evil', 'client_id'],
      ['evil', 'scope'],
      ['huge', 'huge'],
      ['nul', 'nul'],
    ].map(([remoteClaim = '', localClaim = '']) => ({ remoteClaim, localClaim }));
    const { sign, exchange, grantOf } = await createWorld({ claimMapping });
    const claims = {
      mail: 'bob@example.com',
      dept: 7,
      memberOf: ['a', 'b'],
      evil: 'x',
      huge: 'x'.repeat(3_000),
      nul: 'a\0',
      other: 1,
    };
    const plain = await exchange(sign(claims));
    expect((await grantOf(plain.accessToken))?.details?.claims).toEqual({ department: 7 });
    const asked = await exchange(sign(claims), { scope: 'openid email groups' });
    expect((await grantOf(asked.accessToken))?.details?.claims).toEqual({
      department: 7,
      email: 'bob@example.com',
      groups: ['a', 'b'],
    });
  });

  it('needs the client and the server to have it switched on', async () => {
    const { sign, exchange, storage } = await createWorld();
    await storage.clientRegistry.updateRegistration(clientId, { grantTypes: ['password'] });
    expect((await refusal(exchange(sign()))).error).toBe('unauthorized_client');
    const off = await createWorld({}, { grantTypes: ['password'] });
    expect(await refusal(off.exchange(off.sign()))).toEqual({
      error: 'unsupported_grant_type',
      status: 400,
      description: 'Unsupported grant_type value',
    });
  });

  it('names what is missing', async () => {
    const { token } = await createWorld();
    expect((await refusal(token({ grant_type: grantType }))).description).toBe('Missing parameters: assertion');
  });
});
