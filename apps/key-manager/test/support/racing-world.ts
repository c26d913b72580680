import { randomUUID } from 'node:crypto';
import { createLogger } from '@keygate/common/logging';
import { deviceSessionBody } from '../../src/oauth2/device-authorization/device-session.js';
import type { NewTokens } from '../../src/oauth2/model.js';
import type { TokenStore } from '../../src/oauth2/ports.js';
import type { OAuth2Settings } from '../../src/oauth2/settings.js';
import { createTokenEndpoint } from '../../src/oauth2/token-endpoint.js';
import { sha256 } from '../../src/oauth2/token-hash.js';
import { FactChanges } from '../../src/storage/fact-changes.js';
import type { Storage } from '../../src/storage/storage.js';
import { Passwords } from '../../src/users/passwords.js';
import { StoredResourceOwners } from '../../src/users/resource-owners.js';
import { parseUserName } from '../../src/users/user-name.js';
import { idpIssuer, provider, type SigningIdentity, signJwt } from './identity-provider.js';
import { clientId, createOAuth2World, ManualClock } from './oauth2.js';

export const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';
export const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
export const tokenExchange = 'urn:ietf:params:oauth:grant-type:token-exchange';
const grantTypes = [
  ...['password', 'refresh_token', 'client_credentials', 'authorization_code', 'implicit'],
  ...[deviceGrant, jwtBearer, tokenExchange],
];
const tenantDomain = 'carbon.super';
const redirectUri = 'https://shop.example/cb';

/** Every password is right, at no cost. */
class InstantPasswords extends Passwords {
  constructor() {
    super({ memoryKib: 8_192, iterations: 1 }, { threads: 2, perThread: 50, maxQueue: 1_000 });
  }
  override async verify(): Promise<boolean> {
    return true;
  }
  override isWeak(): boolean {
    return false;
  }
}

export interface RacingOptions {
  readonly settings?: Partial<OAuth2Settings>;
  readonly storage?: Storage;
  readonly clock?: ManualClock;
  readonly idp?: SigningIdentity;
  /** Says what users have changed. By default nobody says anything, and everything is remembered for seconds. */
  readonly changes?: FactChanges;
}

/**
 * The token endpoint over stored users: `alice`, a cook, who owns the client, and the scope `bake` for cooks. What
 * `beforeSaving` does happens between the decision and the saving of tokens, once.
 */
export async function createRacingWorld({
  settings,
  storage: given,
  clock = new ManualClock(),
  ...more
}: RacingOptions) {
  const world = await createOAuth2World({ grantTypes, ...settings }, clock, given);
  const { storage } = world;
  const subject = `alice@${tenantDomain}`;
  const registered = { grantTypes, metadata: { redirectUris: [redirectUri] } };
  await world.register({ clientId: 'app', name: 'app', owner: subject, ...registered });
  await storage.users.createRole(tenantDomain, 'cook');
  const user = { ...parseUserName('alice'), passwordHash: 'a', claims: {}, roles: ['cook'] };
  const { id } = await storage.users.createUser(user);
  await world.addScope('bake', ['cook']);
  if (more.idp) {
    const certificates = more.idp.certificate;
    await storage.identityProviders.createProvider(provider({ certificates, useLocalUser: true }));
  }

  const hearing = new FactChanges();
  hearing.hear(true);
  const logger = createLogger({ name: 'test', level: 'silent', format: 'json' });
  const resourceOwners = new StoredResourceOwners(
    storage.users,
    new InstantPasswords(),
    logger,
    more.changes ?? hearing,
  );
  const race: { beforeSaving: (() => Promise<unknown>) | undefined } = { beforeSaving: undefined };
  const attempted: Buffer[] = [];
  const tokens = racing(storage.tokens, async ({ accessToken }) => {
    attempted.push(accessToken.hash);
    const meanwhile = race.beforeSaving;
    race.beforeSaving = undefined;
    await meanwhile?.();
  });
  const deps = { ...world, tokens, resourceOwners };
  const tokenEndpoint = createTokenEndpoint(deps);
  const authorization = `Basic ${Buffer.from('app:ksdSdoefDDP7wpaElfqvmjDue').toString('base64')}`;
  const token = (members: Record<string, string>) => tokenEndpoint(world.post(members, authorization));

  const login = async () => ({
    subject,
    subjectTenant: tenantDomain,
    subjectEpoch: await storage.logins.subjectEpoch(subject),
    scope: ['bake'],
  });
  const savedCode = async (kind: 'authorization_code' | 'device_code', body: Record<string, unknown>) => {
    const value = randomUUID();
    const of = { clientId: 'app', tenantDomain, grantId: randomUUID(), expiresAt: clock.now() + 60_000 };
    await storage.codes.saveCode({ kind, hash: sha256(value), body, ...of });
    return value;
  };

  /** Answers what asks for the tokens, so that something may happen before that. */
  const requests = {
    password: async () => () => token({ grant_type: 'password', username: 'alice', password: 'x', scope: 'bake' }),
    refresh_token: async () => {
      const { refreshToken = '' } = await (await requests.password())();
      return () => token({ grant_type: 'refresh_token', refresh_token: refreshToken });
    },
    client_credentials: async () => () => token({ grant_type: 'client_credentials', scope: 'bake' }),
    authorization_code: async () => {
      const code = await savedCode('authorization_code', { redirectUri, ...(await login()) });
      return () => token({ grant_type: 'authorization_code', code, redirect_uri: redirectUri });
    },
    device_code: async () => {
      const approval = { ...(await login()), tenantDomain };
      const state = { scope: ['bake'], intervalSeconds: 5, nextPollAt: 0, decision: 'approved', approval } as const;
      const code = await savedCode('device_code', deviceSessionBody(state));
      return () => token({ grant_type: deviceGrant, device_code: code });
    },
    jwt_bearer: async () => {
      if (!more.idp) throw new Error('there is no identity provider');
      const assertion = await signJwt(more.idp, clock.now(), { iss: idpIssuer, sub: 'alice' });
      return () => token({ grant_type: jwtBearer, assertion, scope: 'bake' });
    },
    token_exchange: async () => {
      const { accessToken } = await (await requests.password())();
      const of = { subject_token: accessToken, subject_token_type: 'urn:ietf:params:oauth:token-type:access_token' };
      return () => token({ grant_type: tokenExchange, ...of });
    },
  };

  /** How many of the tokens that anybody tried to save since the last question are alive, and for cooks. */
  async function aliveForCooks(): Promise<number> {
    const records = await Promise.all(attempted.splice(0).map((hash) => storage.tokens.findAccessToken(hash)));
    return records.filter((record) => record && !record.revoked && record.scope.includes('bake')).length;
  }

  const { users } = storage;
  const endings = {
    'loses the role': () => users.updateUser(tenantDomain, id, { roles: [] }),
    'is locked': () => users.updateUser(tenantDomain, id, { locked: true }),
    'gets another password': () => users.updateUser(tenantDomain, id, { passwordHash: randomUUID() }),
    'is deleted': () => users.deleteUser(tenantDomain, id),
  };
  const giveRole = () => users.updateUser(tenantDomain, id, { roles: ['cook'] });
  return { ...deps, clientId, subject, userId: id, race, requests, endings, giveRole, aliveForCooks, token };
}

/** The store, where something happens before each saving of tokens. */
function racing(store: TokenStore, before: (tokens: NewTokens) => Promise<void>): TokenStore {
  const slower: Partial<TokenStore> = {
    saveTokens: (tokens) => before(tokens).then(() => store.saveTokens(tokens)),
    redeemCode: (kind, hash, tokens) => before(tokens).then(() => store.redeemCode(kind, hash, tokens)),
    rotateRefreshToken: (hash, salt, tokens) => before(tokens).then(() => store.rotateRefreshToken(hash, salt, tokens)),
    saveReusable: (key, salt, tokens) => before(tokens).then(() => store.saveReusable(key, salt, tokens)),
  };
  return new Proxy(store, {
    get(_, name) {
      const member: unknown = Reflect.get(name in slower ? slower : store, name);
      return typeof member === 'function' ? member.bind(store) : member;
    },
  });
}
