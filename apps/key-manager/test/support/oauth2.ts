import { randomUUID } from 'node:crypto';
import type { KeySets } from '@keygate/common/jose';
import type { ClientRegistration } from '../../src/applications/application.js';
import { OAuthError, TemporarilyUnavailable } from '../../src/oauth2/errors.js';
import { createIntrospection } from '../../src/oauth2/introspection.js';
import { createKeyValidation } from '../../src/oauth2/key-validation.js';
import type { ResourceOwner, TokenGranted } from '../../src/oauth2/model.js';
import type { Parameter } from '../../src/oauth2/parameters.js';
import type { AuditEvent, AuditLog, ResourceOwners, TokenStore } from '../../src/oauth2/ports.js';
import { createRevocation } from '../../src/oauth2/revocation.js';
import { createTokenValues } from '../../src/oauth2/server-key.js';
import type { OAuth2Settings } from '../../src/oauth2/settings.js';
import { createTokenEndpoint } from '../../src/oauth2/token-endpoint.js';
import { sha256, tokenHash } from '../../src/oauth2/token-hash.js';
import { createUserInfo } from '../../src/oauth2/userinfo.js';
import { signedAssertions } from '../../src/saml/signed-assertions.js';
import { createMemoryStorage } from '../../src/storage/memory/memory-storage.js';
import type { Storage } from '../../src/storage/storage.js';
import { NetworkLimit } from '../../src/users/throttle/network-limit.js';
import { StoredUserClaims } from '../../src/users/user-claims.js';
import { fullUserName, parseUserName } from '../../src/users/user-name.js';
import { TestSigner } from './test-signer.js';

/** Key pair of WSO2's documentation. */
export const clientId = 'wU62DjlyDBnq87GlBwplfqvmAbAa';
export const clientSecret = 'ksdSdoefDDP7wpaElfqvmjDue';

export const defaultSettings: OAuth2Settings = {
  grantTypes: ['password', 'refresh_token', 'client_credentials', 'authorization_code'],
  lifetimesSeconds: {
    userAccessToken: 3600,
    applicationAccessToken: 3600,
    refreshToken: 86_400,
    grant: 31_536_000,
    idToken: 3_600,
  },
  accessTokenFormat: 'opaque',
  reuseActiveToken: false,
  unknownScopes: 'drop',
  allowedScopes: ['^device_.*', 'openid'],
  refreshGraceSeconds: { confidential: 10, public: 30 },
  exchangeTargets: ['https://api.example/*'],
  assertions: { algorithms: ['RS256', 'ES256'], clockSkewSeconds: 60, maxLifetimeSeconds: 86_400, singleUse: true },
  deviceAuthorization: { codeSeconds: 600, intervalSeconds: 5 },
  pushedAuthorization: { required: false, seconds: 60 },
  authorization: {
    codeSeconds: 60,
    allowPlainPkce: false,
    allowHttpRedirects: false,
    loginIdleSeconds: 3_600,
    loginMaxSeconds: 43_200,
  },
};

export class ManualClock {
  millis = 1_700_000_000_000;
  now(): number {
    return this.millis;
  }
  advance(seconds: number): void {
    this.millis += seconds * 1_000;
  }
}

/** Users kept in a map; passwords compared in clear, since hashing them is not what these tests are about. */
export class MemoryResourceOwners implements ResourceOwners {
  readonly #users = new Map<string, { password: string; owner: Omit<ResourceOwner, 'tokenEpoch'> }>();
  /** Runs while a password is checked: where a test lets something happen in between. */
  whileChecking: () => Promise<void> = async () => undefined;

  constructor(private readonly epochOf: (subject: string) => Promise<number>) {}

  add(login: string, password: string, roles: readonly string[] = []): void {
    const name = parseUserName(login);
    const owner = { subject: fullUserName(name), tenantDomain: name.tenantDomain, roles };
    this.#users.set(owner.subject, { password, owner });
  }
  remove(login: string): void {
    this.#users.delete(fullUserName(parseUserName(login)));
  }
  async authenticate(username: string, password: string): Promise<ResourceOwner | undefined> {
    await this.whileChecking();
    const user = this.#users.get(fullUserName(parseUserName(username)));
    return user?.password === password ? this.find(user.owner.subject) : undefined;
  }
  async find(subject: string): Promise<ResourceOwner | undefined> {
    const tokenEpoch = await this.epochOf(subject);
    const owner = this.#users.get(subject)?.owner;
    return owner && { ...owner, tokenEpoch };
  }
  forget(): void {}
}

export class RecordingAuditLog implements AuditLog {
  readonly events: AuditEvent[] = [];
  async record(event: AuditEvent): Promise<void> {
    this.events.push(event);
  }
}

/** Nobody publishes keys in the tests of the core. */
class NoKeySets implements KeySets {
  async keySetAt(): Promise<never> {
    throw new TemporarilyUnavailable();
  }
  async newerThan(): Promise<undefined> {
    return undefined;
  }
}

/** The store, telling the recorder too what it wrote into the audit log of the storage itself. */
function recordingTo(audit: AuditLog, tokens: TokenStore): TokenStore {
  const recording: Pick<TokenStore, 'revokeBy'> = {
    async revokeBy(target, at, recorded) {
      const revoked = await tokens.revokeBy(target, at, recorded);
      if (revoked && recorded) await audit.record(recorded);
      return revoked;
    },
  };
  return new Proxy(tokens, {
    get(store, name) {
      const member: unknown = Reflect.get(name in recording ? recording : store, name);
      return typeof member === 'function' ? member.bind(store) : member;
    },
  });
}

export const basic = (id = clientId, secret = clientSecret): string =>
  `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;

export const form = (members: Readonly<Record<string, string>>): Parameter[] =>
  Object.entries(members).map(([name, value]) => ({ name, value }));

export type OAuth2World = Awaited<ReturnType<typeof createOAuth2World>>;

/** The whole authorization server, over memory stores unless others are given, with the documented client and a user `demo`/`demo-password`. */
export async function createOAuth2World(
  change: Partial<OAuth2Settings> = {},
  clock = new ManualClock(),
  storage: Storage = createMemoryStorage({ clock }),
) {
  await storage.tenants.seedTenant('carbon.super');
  const resourceOwners = new MemoryResourceOwners((subject) => storage.logins.subjectEpoch(subject));
  const audit = new RecordingAuditLog();
  const failures: unknown[] = [];
  const signer = new TestSigner();
  const deps = {
    clients: storage.clients,
    scopes: storage.scopes,
    tokens: recordingTo(audit, storage.tokens),
    apiKeys: storage.apiKeys,
    codes: storage.codes,
    replays: storage.replays,
    identityProviders: storage.identityProviders,
    keySets: new NoKeySets(),
    keptRequests: new NetworkLimit(clock, { free: 20, windowSeconds: 600 }),
    samlAssertions: signedAssertions,
    sessions: storage.logins,
    audit,
    resourceOwners,
    clock,
    values: createTokenValues(Buffer.alloc(32, 7)),
    settings: { ...defaultSettings, ...change },
    realm: 'Keygate',
    issuer: 'https://localhost:9443/oauth2/token',
    signer,
    userClaims: new StoredUserClaims(storage.users),
    administrators: {
      authenticateAdministrator: async (username: string, password: string) =>
        username === 'admin' && password === 'admin-password' ? { tenantDomain: 'carbon.super' } : undefined,
    },
    reportFailure: (cause: unknown) => void failures.push(cause),
  };
  const tokenEndpoint = createTokenEndpoint(deps);
  const revocation = createRevocation(deps);
  const introspection = createIntrospection(deps);
  const keyValidation = createKeyValidation(deps);
  const userInfo = createUserInfo(deps);

  const register = async (registration: Partial<ClientRegistration> = {}, secret = clientSecret): Promise<void> => {
    const full: ClientRegistration = {
      clientId,
      tenantDomain: 'carbon.super',
      owner: 'owner@carbon.super',
      name: registration.clientId ?? 'client',
      keyMappingId: randomUUID(),
      keyType: 'PRODUCTION',
      mode: 'CREATED',
      grantTypes: ['password', 'refresh_token', 'client_credentials'],
      callbackUrl: '',
      confidential: true,
      active: true,
      allTenants: false,
      lifetimes: {},
      additionalProperties: {},
      metadata: {},
      createdAt: clock.now(),
      ...registration,
    };
    const row = { id: randomUUID(), hash: sha256(secret), derived: false, createdAt: clock.now() };
    await storage.clientRegistry.registerClient(full, row);
  };
  const addScope = (name: string, bindings: readonly string[]) =>
    storage.sharedScopes.createScope({
      id: randomUUID(),
      tenantDomain: 'carbon.super',
      name,
      displayName: name,
      description: '',
      bindings,
    });

  await register();
  resourceOwners.add('demo', 'demo-password', ['reader']);

  const post = (members: Readonly<Record<string, string>>, authorization: string | undefined = basic()) => ({
    parameters: form(members),
    authorization,
    clientAddress: '192.0.2.1',
  });
  const token = (members: Readonly<Record<string, string>>, authorization?: string) =>
    tokenEndpoint(post(members, authorization));
  return {
    ...deps,
    storage,
    failures,
    register,
    addScope,
    post,
    token,
    tokenEndpoint,
    password: (members: Readonly<Record<string, string>> = {}, authorization?: string) =>
      token({ grant_type: 'password', username: 'demo', password: 'demo-password', ...members }, authorization),
    refresh: (granted: TokenGranted, members: Readonly<Record<string, string>> = {}, authorization?: string) =>
      token({ grant_type: 'refresh_token', refresh_token: granted.refreshToken ?? '', ...members }, authorization),
    clientCredentials: (members: Readonly<Record<string, string>> = {}, authorization?: string) =>
      token({ grant_type: 'client_credentials', ...members }, authorization),
    revoke: (members: Readonly<Record<string, string>>, authorization?: string) =>
      revocation(post(members, authorization)),
    introspect: (members: Readonly<Record<string, string>>, authorization?: string) =>
      introspection(post(members, authorization)),
    validate: (accessToken: string) => keyValidation(tokenHash(accessToken) ?? Buffer.alloc(0)),
    keyValidation,
    userInfo,
  };
}

/** The `OAuthError` that a request ends with, as the client would see it. */
export async function refusal(
  answer: Promise<unknown>,
): Promise<{ error: string; description: string; status: number }> {
  const outcome = await answer.then(
    (value) => ({ value }),
    (thrown: unknown) => ({ thrown }),
  );
  if ('value' in outcome) throw new Error(`expected a refusal, got ${JSON.stringify(outcome.value)}`);
  if (!(outcome.thrown instanceof OAuthError)) throw outcome.thrown;
  const { error, description, status } = outcome.thrown;
  return { error, description, status };
}
