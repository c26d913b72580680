import { beforeAll, describe, expect, it } from 'vitest';
import { createAuthorizationEndpoint } from '../src/oauth2/authorization/authorization-endpoint.js';
import { createLogins } from '../src/oauth2/authorization/logins.js';
import { createScopePolicy } from '../src/oauth2/scope.js';
import { createTokenIssuer } from '../src/oauth2/token-issuer.js';
import { type SigningIdentity, signingIdentity } from './support/identity-provider.js';
import { form, refusal } from './support/oauth2.js';
import { createRacingWorld, type RacingOptions } from './support/racing-world.js';

const endings = ['loses the role', 'is locked', 'gets another password', 'is deleted'] as const;
const codes = ['authorization_code', 'device_code'] as const;
const userGrants = ['password', 'refresh_token', 'jwt_bearer', 'token_exchange', ...codes] as const;
const instead = 'am_application_scope default';

describe('between a decision and its tokens', () => {
  let idp: SigningIdentity;
  beforeAll(async () => {
    idp = await signingIdentity();
  });
  const createWorld = (options: RacingOptions = {}) => createRacingWorld({ idp, ...options });

  describe.each(endings)('a user %s', (ending) => {
    it.each(userGrants)('and grant_type=%s answers invalid_grant', async (grant) => {
      const { requests, race, endings, aliveForCooks } = await createWorld();
      const ask = await requests[grant]();
      race.beforeSaving = endings[ending];
      expect(await refusal(ask())).toMatchObject({ error: 'invalid_grant', status: 400 });
      expect(race.beforeSaving, 'it did happen in between').toBeUndefined();
      expect(await aliveForCooks()).toBe(0);
    });

    it('and grant_type=client_credentials gives what the owner still may', async () => {
      const { requests, race, endings, aliveForCooks, validate } = await createWorld();
      const ask = await requests.client_credentials();
      race.beforeSaving = endings[ending];
      const granted = await ask();
      const keepsRole = ending === 'gets another password';
      expect(granted.scope).toBe(keepsRole ? 'am_application_scope bake' : instead);
      expect(await validate(granted.accessToken)).toMatchObject({ state: 'ACTIVE' });
      expect(await aliveForCooks()).toBe(keepsRole ? 1 : 0);
    });

    it('and a pair that would be given out again is not kept', async () => {
      const { requests, race, endings, aliveForCooks } = await createWorld({ settings: { reuseActiveToken: true } });
      const ask = await requests.password();
      race.beforeSaving = endings[ending];
      expect(await refusal(ask())).toMatchObject({ error: 'invalid_grant' });
      expect(await aliveForCooks()).toBe(0);
    });

    it('and response_type=token answers access_denied', async () => {
      const world = await createWorld();
      const { endpoint, request, session, circumstances } = await browserOf(world);
      world.race.beforeSaving = world.endings[ending];
      await expect(endpoint.approve(request, session, { ...circumstances, scope: ['bake'], remember: false }))
        .rejects //
        .toMatchObject({ name: 'RefusedRequest', error: 'access_denied' });
      expect(await world.aliveForCooks()).toBe(0);
    });

    it('and the login in a browser is over', async () => {
      const world = await createWorld();
      const startSession: typeof world.sessions.startSession = async (session) => {
        await world.endings[ending]();
        await world.sessions.startSession(session);
      };
      const sessions = new Proxy(world.sessions, {
        get: (store, name) => {
          const member: unknown = name === 'startSession' ? startSession : Reflect.get(store, name);
          return typeof member === 'function' ? member.bind(store) : member;
        },
      });
      const logins = createLogins({ ...world, sessions });
      const client = await world.clients.findClient('app');
      if (!client) throw new Error('there is no client');
      const credentials = { username: 'alice', password: 'x', clientAddress: '192.0.2.1' };
      const { value } = (await logins.logIn(credentials, client, undefined)) ?? {};
      expect(await logins.find(value)).toBeUndefined();
    });
  });

  describe('with users remembered who have changed since', () => {
    it('gives a client what its owner still may, at the first try', async () => {
      const { requests, endings, aliveForCooks } = await createWorld();
      const ask = await requests.client_credentials();
      expect((await ask()).scope).toBe('am_application_scope bake');
      await endings['loses the role']();
      expect((await ask()).scope).toBe(instead);
      expect(await aliveForCooks()).toBe(0);
    });

    it('refuses an assertion once, and then knows better', async () => {
      const { requests, endings, aliveForCooks } = await createWorld();
      const bake = await (await requests.jwt_bearer())();
      expect(bake.scope).toBe('bake');
      await endings['loses the role']();
      const [first, second] = [await requests.jwt_bearer(), await requests.jwt_bearer()];
      expect(await refusal(first())).toMatchObject({ error: 'invalid_grant' });
      expect((await second()).scope).toBe('default');
      expect(await aliveForCooks()).toBe(0);
    });

    it.each(codes)('takes a login of now for %s, with the roles of now', async (grant) => {
      const { requests, endings, aliveForCooks } = await createWorld();
      expect((await (await requests[grant]())()).scope).toBe('bake');
      const old = await requests[grant]();
      await endings['loses the role']();
      const anew = await requests[grant]();
      expect(await refusal(old())).toMatchObject({ error: 'invalid_grant' });
      expect((await anew()).scope).toBe('default');
      expect(await aliveForCooks()).toBe(0);
    });

    it('gives a family that began after the change nothing back', async () => {
      const { requests, endings, aliveForCooks, resourceOwners, subject } = await createWorld();
      expect((await resourceOwners.find(subject))?.roles).toContain('cook');
      await endings['loses the role']();
      const ask = await requests.refresh_token();
      expect((await resourceOwners.find(subject))?.roles, 'still remembered').toContain('cook');
      expect((await ask()).scope).toBe('default');
      expect(await aliveForCooks()).toBe(0);
    });
  });

  it('a client is refused, and not asked for ever, while its owner changes at every try', async () => {
    const { requests, race, endings, giveRole } = await createWorld();
    const ask = await requests.client_credentials();
    race.beforeSaving = async () => {
      await endings['loses the role']();
      await giveRole();
      race.beforeSaving = endings['loses the role'];
    };
    expect(await refusal(ask())).toMatchObject({ error: 'invalid_grant', status: 400 });
  });
});

async function browserOf(world: Awaited<ReturnType<typeof createRacingWorld>>) {
  const scopes = createScopePolicy(world.scopes, world.settings);
  const endpoint = createAuthorizationEndpoint({
    ...world,
    scopes,
    consents: world.storage.consents,
    issueTokens: createTokenIssuer(world),
  });
  const asked = { client_id: 'app', redirect_uri: 'https://shop.example/cb', response_type: 'token', scope: 'bake' };
  const request = await endpoint.read(form(asked));
  const circumstances = { clientAddress: '192.0.2.1' };
  const credentials = { username: 'alice', password: 'x', ...circumstances };
  const login = await createLogins(world).logIn(credentials, request.client, undefined);
  if (!login) throw new Error('nobody was logged in');
  return { endpoint, request, session: login.session, circumstances };
}
