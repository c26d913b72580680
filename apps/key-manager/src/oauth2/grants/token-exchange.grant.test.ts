import { beforeAll, describe, expect, it } from 'vitest';
import {
  idpIssuer,
  provider,
  type SigningIdentity,
  signingIdentity,
  signJwt,
  tokenEndpoint,
} from '../../../test/support/identity-provider.js';
import { basic, clientId, clientSecret, createOAuth2World, refusal } from '../../../test/support/oauth2.js';
import type { IdentityProvider } from '../../identity-providers/identity-provider.js';
import type { OAuth2Settings } from '../settings.js';
import { sha256 } from '../token-hash.js';

const grantType = 'urn:ietf:params:oauth:grant-type:token-exchange';
const type = (name: string) => `urn:ietf:params:oauth:token-type:${name}`;
const grantTypes = [grantType, 'password', 'client_credentials', 'refresh_token'];
const service = 'service';

describe('grant_type=token-exchange', () => {
  let idp: SigningIdentity;
  let stranger: SigningIdentity;
  beforeAll(async () => {
    [idp, stranger] = await Promise.all([signingIdentity(), signingIdentity()]);
  });

  async function createWorld(change: Partial<IdentityProvider> = {}, settings: Partial<OAuth2Settings> = {}) {
    const world = await createOAuth2World({ grantTypes, ...settings });
    await world.storage.clientRegistry.updateRegistration(clientId, { grantTypes });
    await world.register({ clientId: service, grantTypes });
    await world.storage.identityProviders.createProvider(provider({ certificates: idp.certificate, ...change }));
    await world.addScope('read', ['reader']);
    await world.addScope('list', []);
    const sign = (claims = {}, by = idp) => signJwt(by, world.clock.now(), claims);
    const exchange = (subjectToken: string, more: Record<string, string> = {}, authorization?: string) =>
      world.token(
        { grant_type: grantType, subject_token: subjectToken, subject_token_type: type('jwt'), ...more },
        authorization,
      );
    const recordOf = (accessToken: string) => world.tokens.findAccessToken(sha256(accessToken));
    return { ...world, sign, exchange, recordOf };
  }
  const ours = { subject_token_type: type('access_token') };

  describe('of another issuer', () => {
    it.each(['jwt', 'access_token', 'id_token'])('gives an access token for a %s', async (kind) => {
      const { sign, exchange, recordOf } = await createWorld();
      const granted = await exchange(await sign({ sub: 'admin' }), { subject_token_type: type(kind) });
      expect(granted).toMatchObject({
        issuedTokenType: type('access_token'),
        scope: 'default',
        refreshToken: undefined,
      });
      const record = await recordOf(granted.accessToken);
      expect(record?.grant).toMatchObject({ clientId, subject: 'FEDERATED/example/admin@carbon.super' });
    });

    it('answers with a JWT when one is asked for', async () => {
      const { sign, exchange, recordOf } = await createWorld({
        claimMapping: [{ remoteClaim: 'g', localClaim: 'groups' }],
      });
      const asked = { requested_token_type: type('jwt'), scope: 'openid groups' };
      const granted = await exchange(await sign({ g: ['a'] }), asked);
      expect(granted.issuedTokenType).toBe(type('jwt'));
      expect(granted.accessToken.split('.')).toHaveLength(3);
      const claims = JSON.parse(Buffer.from(granted.accessToken.split('.')[1] ?? '', 'base64url').toString());
      expect(claims).toMatchObject({ sub: 'bob', groups: ['a'], client_id: clientId, aut: 'APPLICATION_USER' });
      expect(await recordOf(granted.accessToken)).toBeDefined();
      expect(granted.idToken).toBeUndefined();
    });

    it.each(['demo', 'demo@carbon.super', 'nobody@carbon.super', ' bob', service, 'FEDERATED/other/bob@elsewhere.com'])(
      'names %s so that nobody here is taken for them',
      async (sub) => {
        const { sign, exchange, introspect } = await createWorld();
        const { accessToken } = await exchange(await sign({ sub }), { requested_token_type: type('jwt') });
        const claims = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString());
        expect(claims.sub).toBe(`FEDERATED/example/${sub}@carbon.super`);
        expect(await introspect({ token: accessToken })).toMatchObject({ sub: claims.sub });
      },
    );

    it('lives no longer than the subject token', async () => {
      const { sign, exchange } = await createWorld();
      expect((await exchange(await sign())).expiresIn).toBe(300);
      const late = await sign({ exp: 1_700_000_000 - 30 });
      expect((await exchange(late)).expiresIn).toBe(1);
    });

    it('can be exchanged more than once', async () => {
      const { sign, exchange } = await createWorld();
      const token = await sign({ jti: 'one' });
      await exchange(token);
      await expect(exchange(token)).resolves.toBeDefined();
    });

    it.each<[string, Record<string, unknown>, string]>([
      ['expired', { exp: 1_600_000_000 }, 'JSON Web Token is expired'],
      ['of an unknown issuer', { iss: 'https://evil.example' }, 'No Registered IDP found for the issuer of the JWT.'],
      ['for another audience', { aud: 'other' }, 'The JWT is for another audience.'],
      ['naming another actor', { may_act: { sub: 'someone' } }, 'The subject token names another actor.'],
    ])('is refused when it is %s', async (_what, claims, description) => {
      const { sign, exchange } = await createWorld();
      expect(await refusal(exchange(await sign(claims)))).toEqual({
        error: 'invalid_request',
        status: 400,
        description,
      });
    });

    it('is refused when it was signed by another key, or changed', async () => {
      const { sign, exchange } = await createWorld();
      const token = await sign();
      const tampered = token.replace(/\.([^.]*)\./, (_all, claims: string) => `.${claims.slice(0, -4)}AAAA.`);
      for (const bad of [await sign({}, stranger), tampered, 'x', `${token}x`]) {
        expect(await refusal(exchange(bad))).toMatchObject({ error: 'invalid_request', status: 400 });
      }
    });
  });

  describe('of our own', () => {
    it('gives a token for the same user, with no more scope and no longer life', async () => {
      const { password, exchange, recordOf, clock } = await createWorld();
      const { accessToken } = await password({ scope: 'read list' });
      clock.advance(600);
      const same = await exchange(accessToken, ours);
      expect(same).toMatchObject({ scope: 'list read', expiresIn: 3_000, refreshToken: undefined });
      const less = await exchange(accessToken, { ...ours, scope: 'list' });
      expect(less.scope).toBe('list');
      expect((await recordOf(less.accessToken))?.grant.subject).toBe('demo@carbon.super');
      for (const [token, scope] of [
        [accessToken, 'list other'],
        [less.accessToken, 'read'],
        [accessToken, 'am_application_scope'],
      ] as const) {
        expect((await refusal(exchange(token, { ...ours, scope }))).error).toBe('invalid_scope');
      }
    });

    it('drops a scope whose role the user has lost', async () => {
      const { password, exchange, resourceOwners } = await createWorld();
      const { accessToken } = await password({ scope: 'read list' });
      resourceOwners.add('demo', 'demo-password', []);
      expect((await exchange(accessToken, ours)).scope).toBe('list');
    });

    it('is taken from a client only if it was issued to it or is for it', async () => {
      const { password, exchange, recordOf } = await createWorld();
      const { accessToken } = await password({ scope: 'list' });
      const asService = basic(service, clientSecret);
      expect(await refusal(exchange(accessToken, ours, asService))).toEqual({
        error: 'invalid_request',
        status: 400,
        description: 'The token is invalid.',
      });
      const forService = await exchange(accessToken, { ...ours, audience: service, resource: 'https://api.example/x' });
      expect((await recordOf(forService.accessToken))?.grant.details?.audience).toEqual([
        service,
        'https://api.example/x',
      ]);
      const passedOn = await exchange(forService.accessToken, ours, asService);
      expect((await recordOf(passedOn.accessToken))?.grant).toMatchObject({
        clientId: service,
        subject: 'demo@carbon.super',
      });
    });

    it('becomes a token for nobody but clients of the tenant and listed targets', async () => {
      const { password, exchange } = await createWorld();
      const { accessToken } = await password({ scope: 'list' });
      for (const target of [
        { audience: 'https://bank.example' },
        { audience: 'nobody' },
        { resource: 'https://api.example.evil.example/' },
        { resource: service },
        { audience: service, resource: 'https://bank.example/' },
      ]) {
        expect((await refusal(exchange(accessToken, { ...ours, ...target }))).error).toBe('invalid_target');
      }
    });

    it('is refused when it is revoked, expired, of nobody, of a user who is gone or no access token', async () => {
      const world = await createWorld();
      const { password, exchange, revoke, clock, clientCredentials, resourceOwners } = world;
      const invalid = async (token: string) => (await refusal(exchange(token, ours))).description;
      const first = await password();
      expect(await invalid(first.refreshToken ?? '')).toBe('The assertion is not a signed JWT.');
      await revoke({ token: first.accessToken });
      expect(await invalid(first.accessToken)).toBe('The token is invalid.');
      expect(await invalid((await clientCredentials()).accessToken)).toBe('The subject token stands for no user.');
      const second = await password();
      resourceOwners.remove('demo');
      expect(await invalid(second.accessToken)).toBe('The token is invalid.');
      clock.advance(3_600);
      expect(await invalid(second.accessToken)).toBe('JSON Web Token is expired');
      expect(await invalid('unknown')).toBe('The assertion is not a signed JWT.');
    });

    it('is refused when it is bound and the key is not shown', async () => {
      const { exchange, tokens, storage } = await createWorld();
      const accessToken = 'a'.repeat(32);
      await tokens.saveTokens({
        grant: {
          id: '6f1c2b7e-0000-4000-8000-000000000001',
          clientId,
          tenantDomain: 'carbon.super',
          subject: 'demo@carbon.super',
          kind: 'APPLICATION_USER',
          createdAt: 0,
        },
        accessToken: {
          hash: sha256(accessToken),
          scope: ['default'],
          issuedAt: 0,
          confirmation: { method: 'jkt', thumbprint: 'x' },
        },
      });
      expect(storage.kind).toBe('memory');
      expect((await refusal(exchange(accessToken, ours))).description).toContain('bound');
    });

    it('keeps the user of another issuer who they were', async () => {
      const { sign, exchange, recordOf } = await createWorld({
        roleClaim: 'groups',
        roleMapping: [{ remoteRole: 'Staff', localRole: 'reader' }],
        claimMapping: [{ remoteClaim: 'dept', localClaim: 'department' }],
      });
      const first = await exchange(await sign({ groups: 'Staff', dept: 'it' }), { scope: 'read list' });
      const second = await exchange(first.accessToken, ours);
      expect(second.scope).toBe('list read');
      expect((await recordOf(second.accessToken))?.grant).toMatchObject({
        subject: 'FEDERATED/example/bob@carbon.super',
        details: { claims: { department: 'it' }, federation: { subject: 'bob', roles: ['reader'] } },
      });
    });
  });

  describe('with an actor', () => {
    const actor = { actor_token_type: type('access_token') };
    const actOf = async (world: Awaited<ReturnType<typeof createWorld>>, accessToken: string) =>
      (await world.recordOf(accessToken))?.grant.details?.claims?.act;

    it('says who acts, and who acted before', async () => {
      const world = await createWorld();
      const application = await world.clientCredentials();
      const subject = await world.sign({ may_act: { sub: clientId, iss: tokenEndpoint } });
      const once = await world.exchange(subject, { ...actor, actor_token: application.accessToken });
      expect(await actOf(world, once.accessToken)).toEqual({ sub: clientId, iss: tokenEndpoint });
      const carol = await world.sign({ sub: 'carol' });
      const twice = await world.exchange(once.accessToken, {
        ...ours,
        actor_token: carol,
        actor_token_type: type('jwt'),
      });
      expect(await actOf(world, twice.accessToken)).toEqual({
        sub: 'carol',
        iss: idpIssuer,
        act: { sub: clientId, iss: tokenEndpoint },
      });
      const kept = await world.exchange(twice.accessToken, ours);
      expect(await actOf(world, kept.accessToken)).toEqual(await actOf(world, twice.accessToken));
    });

    it('is refused when it is not the one who may act, or not good itself', async () => {
      const world = await createWorld();
      const application = await world.clientCredentials();
      const subject = await world.sign({ may_act: { sub: 'carol' } });
      const answer = (more: Record<string, string>) => refusal(world.exchange(subject, more));
      expect((await answer({ ...actor, actor_token: application.accessToken })).description).toContain('another actor');
      expect((await answer({ ...actor, actor_token: 'unknown' })).error).toBe('invalid_request');
      expect((await answer({ actor_token: 'x' })).description).toContain('belong together');
      expect((await answer(actor)).description).toContain('belong together');
    });

    it('is not passed on without end', async () => {
      const world = await createWorld();
      let act: object = { sub: 'deep' };
      for (let depth = 0; depth < 5; depth++) act = { sub: 'deeper', act };
      const subject = await world.sign({ act });
      expect((await refusal(world.exchange(subject))).description).toBe('The token was passed on too often.');
    });
  });

  it.each<[string, Record<string, string>, string, string]>([
    [
      'an unknown subject type',
      { subject_token_type: type('saml2') },
      'invalid_request',
      'The type of a token is not supported.',
    ],
    [
      'a refresh token',
      { subject_token_type: type('refresh_token') },
      'invalid_request',
      'The type of a token is not supported.',
    ],
    [
      'an unknown requested type',
      { requested_token_type: type('saml2') },
      'invalid_request',
      'The type of a token is not supported.',
    ],
    [
      'a requested id_token',
      { requested_token_type: type('id_token') },
      'invalid_request',
      'The requested type of token is not supported.',
    ],
    ['a resource that is no URI', { resource: 'api' }, 'invalid_target', 'The resource is no absolute URI.'],
    [
      'a resource with a fragment',
      { resource: 'https://a.example/#b' },
      'invalid_target',
      'The resource is no absolute URI.',
    ],
  ])('refuses %s', async (_what, more, error, description) => {
    const { sign, exchange } = await createWorld();
    expect(await refusal(exchange(await sign(), more))).toEqual({ error, status: 400, description });
  });

  it('is for confidential clients, and for those that have it', async () => {
    const { sign, exchange, register, storage } = await createWorld();
    await register({ clientId: 'public', confidential: false, grantTypes });
    const asPublic = exchange(await sign(), { client_id: 'public' }, basic('public', clientSecret));
    expect((await refusal(asPublic)).error).toBe('unauthorized_client');
    await storage.clientRegistry.updateRegistration(clientId, { grantTypes: ['password'] });
    expect((await refusal(exchange(await sign()))).error).toBe('unauthorized_client');
    const off = await createWorld({}, { grantTypes: ['password'] });
    expect((await refusal(off.exchange(await off.sign()))).description).toBe('Unsupported grant_type value');
  });

  it('names what is missing', async () => {
    const { token } = await createWorld();
    expect((await refusal(token({ grant_type: grantType }))).description).toBe(
      'Missing parameters: subject_token subject_token_type',
    );
  });
});
