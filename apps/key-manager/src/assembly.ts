import { availableParallelism } from 'node:os';
import type { KeySets } from '@keygate/common/jose';
import type { Logger } from '@keygate/common/logging';
import type { Registry } from '@keygate/common/metrics';
import type { Redis } from 'ioredis';
import { createGatewaySecrets } from './apis/gateway-secrets.js';
import type { AuthorizationServer } from './authorization-server.js';
import type { ClientProofs } from './client-proofs.js';
import type { KeyManagerConfig } from './config/key-manager.config.js';
import type { KeySetFacts } from './grpc/catalog-messages.js';
import { CatalogStream } from './grpc/catalog-stream.js';
import { FeedHub } from './grpc/feed-hub.js';
import { OpenStreams } from './grpc/open-streams.js';
import { RevocationStream } from './grpc/revocation-stream.js';
import type { InteractiveParts } from './http/authorize/flow.js';
import { createIdentity, type Identity } from './identity.js';
import { createInteractive } from './interactive.js';
import { withKeyManagers } from './key-managers/trusted-key-managers.js';
import { restScopes } from './management/rest-scopes.js';
import { createPushedAuthorization, createPushedRequests } from './oauth2/authorization/pushed-authorization.js';
import { createDeviceAuthorization } from './oauth2/device-authorization/device-authorization-endpoint.js';
import { createIntrospection } from './oauth2/introspection.js';
import { createKeyValidation } from './oauth2/key-validation.js';
import { createOneTimeTokenRevocation } from './oauth2/one-time-token.js';
import type { Clock, ResourceOwners, ScopeStore } from './oauth2/ports.js';
import { createRevocation } from './oauth2/revocation.js';
import { createTokenValues } from './oauth2/server-key.js';
import { createIdTokenHints } from './oauth2/signing/id-token-hints.js';
import { createTokenEndpoint } from './oauth2/token-endpoint.js';
import { createUserInfo } from './oauth2/userinfo.js';
import { Callers } from './operations/callers.js';
import { clientRefusals } from './operations/client-refusals.js';
import { counted } from './operations/counted-server.js';
import { createMetrics, type Metrics } from './operations/metrics.js';
import { RefusalJournal } from './operations/refusal-journal.js';
import { signedAssertions } from './saml/signed-assertions.js';
import { type SigningKeys, signingKeys } from './signing-keys/open-signing-keys.js';
import type { CatalogEvent, RevocationRecord } from './storage/feeds.js';
import type { Storage } from './storage/storage.js';
import { backendClaims } from './users/backend-claims.js';
import { Passwords } from './users/passwords.js';
import { StoredResourceOwners } from './users/resource-owners.js';
import { loginRefusals } from './users/throttle/login-refusals.js';
import { NetworkLimit } from './users/throttle/network-limit.js';
import { throttleLogins } from './users/throttle/throttle-logins.js';
import { UserAccounts } from './users/user-accounts.js';
import { createUserCheck, type UserCheck } from './users/user-check.js';
import { claimScopes, StoredUserClaims } from './users/user-claims.js';
import { parseUserName, superTenant } from './users/user-name.js';

export const systemClock: Clock = { now: Date.now };

export interface Surroundings {
  readonly config: KeyManagerConfig['keyManager'];
  readonly storage: Storage;
  /** For commands, and closed by whoever stops the key manager. */
  readonly redis: { readonly connection: Redis; readonly keyPrefix: string } | undefined;
  readonly secretKey: Buffer;
  readonly keySets: KeySets;
  /** How clients prove themselves otherwise than by a secret. */
  readonly clientProofs: ClientProofs;
  readonly registry: Registry;
  readonly logger: Logger;
  /** `iss` of introspection answers. */
  readonly issuer: string;
}

/** Everything the edges are built on, put together from configuration and stores. Nothing runs yet. */
export interface Assembly {
  readonly storage: Storage;
  readonly redis: Redis | undefined;
  readonly callers: Callers;
  readonly passwords: Passwords;
  /** For every login that comes from outside. */
  readonly resourceOwners: ResourceOwners;
  /** The same without the throttle: what the key manager asks itself is no guess. */
  readonly storedOwners: StoredResourceOwners;
  readonly refusalJournal: RefusalJournal;
  readonly accounts: UserAccounts;
  readonly server: AuthorizationServer;
  /** For gateways, of callers who show a password. */
  readonly checkUser: UserCheck;
  /** The endpoints and pages that browsers are sent to. */
  readonly interactive: InteractiveParts;
  readonly signing: SigningKeys;
  readonly identity: Identity;
  readonly metrics: Metrics;
  readonly catalogHub: FeedHub<CatalogEvent>;
  readonly revocationHub: FeedHub<RevocationRecord>;
  readonly catalogStream: CatalogStream;
  readonly revocationStream: RevocationStream;
  readonly openStreams: OpenStreams;
}

export function assemble(surroundings: Surroundings): Assembly {
  const { config, storage, registry, logger } = surroundings;
  const callers = new Callers();
  const passwords = createPasswords(config.passwords, callers.isGone);
  const storedOwners = new StoredResourceOwners(storage.users, passwords, logger, storage.factChanges);
  const accounts = new UserAccounts({ users: storage.users, passwords });
  const metrics = createMetrics(registry, passwords.queue);
  const refusalJournal = createRefusalJournal(storage, logger);
  const resourceOwners = throttleLogins(storedOwners, {
    ...surroundings,
    settings: config.loginThrottle,
    maxWaiting: config.passwords.maxQueue,
    refusals: loginRefusals(metrics.refusedLogins, refusalJournal),
    clock: systemClock,
  });
  const signing = signingKeys({ ...surroundings, clock: systemClock });
  const { server, interactive } = createAuthorizationServer(surroundings, resourceOwners, signing);
  const catalogHub = createCatalogHub(storage, logger);
  const revocationHub = createRevocationHub(storage, logger);
  return {
    storage,
    redis: surroundings.redis?.connection,
    callers,
    passwords,
    resourceOwners,
    storedOwners,
    refusalJournal,
    accounts,
    interactive,
    checkUser: createUserCheck({ ...storage, resourceOwners, clock: systemClock }),
    server: counted(server, metrics, config.oauth2.grantTypes, clientRefusals(refusalJournal)),
    signing,
    identity: createIdentity(config, surroundings.issuer, signing.ring),
    metrics,
    catalogHub,
    revocationHub,
    catalogStream: new CatalogStream(
      catalogHub,
      storage,
      keySetFacts(surroundings),
      createGatewaySecrets(surroundings.secretKey, logger),
    ),
    revocationStream: new RevocationStream(revocationHub),
    openStreams: new OpenStreams(metrics.streams),
  };
}

export function createPasswords(
  settings: KeyManagerConfig['keyManager']['passwords'],
  isCallerGone?: () => boolean,
): Passwords {
  const { maxQueue } = settings;
  return new Passwords(settings, { threads: availableParallelism(), perThread: 2, maxQueue, isCallerGone });
}

function createAuthorizationServer(
  { config, storage, secretKey, keySets, clientProofs, logger, issuer }: Surroundings,
  resourceOwners: ResourceOwners,
  signing: SigningKeys,
): { readonly server: AuthorizationServer; readonly interactive: InteractiveParts } {
  const deps = {
    ...storage,
    exchangedIssuers: withKeyManagers(storage.identityProviders, storage.keyManagers),
    audit: storage.auditLog,
    sessions: storage.logins,
    secretKey,
    scopes: withRestScopes(storage.scopes),
    values: createTokenValues(secretKey),
    clock: systemClock,
    settings: config.oauth2,
    realm: config.listeners.publicHost,
    resourceOwners,
    keySets,
    samlAssertions: signedAssertions,
    pushedRequests: createPushedRequests({ codes: storage.codes, clock: systemClock }),
    keptRequests: new NetworkLimit(systemClock, { free: 200, windowSeconds: 600 }),
    verificationUri: new URL('/device', issuer).href,
    ...clientProofs,
    issuer,
    signer: signing.ring,
    idTokenHints: createIdTokenHints({ issuer, publishedKeys: () => signing.ring.published }),
    userClaims: new StoredUserClaims(storage.users),
    backendClaims: backendClaims(storage.users),
    administrators: {
      authenticateAdministrator: async (username: string, password: string, clientAddress: string) => {
        const user = await resourceOwners.authenticate(username, password, clientAddress);
        return user?.roles.includes('admin') ? user : undefined;
      },
    },
    reportFailure: (cause: unknown) => logger.warn({ err: cause }, 'use of an access token was not noted'),
  };
  const server = {
    issueToken: createTokenEndpoint(deps),
    revokeToken: createRevocation(deps),
    introspectToken: createIntrospection(deps),
    userInfo: createUserInfo(deps),
    authorizeDevice: createDeviceAuthorization(deps),
    pushAuthorization: createPushedAuthorization(deps),
    validateToken: createKeyValidation(deps),
    revokeOneTimeToken: createOneTimeTokenRevocation(deps),
  };
  return { server, interactive: createInteractive(deps) };
}

/** Gateways hold tokens to an issuer only where every key manager has the same one. */
function keySetFacts({ config, issuer }: Surroundings): KeySetFacts {
  return {
    maxAgeSeconds: config.oauth2.signing.jwksMaxAgeSeconds,
    issuer: config.publicUrl === undefined ? '' : issuer,
  };
}

/** Whoever fails to log in names the tenant, so only one that is there gets the event. */
function createRefusalJournal({ auditLog, tenants }: Storage, logger: Logger): RefusalJournal {
  const tenantOf = async (actor: string) => {
    const { tenantDomain } = parseUserName(actor);
    return tenantDomain !== superTenant && (await tenants.findTenant(tenantDomain)) ? tenantDomain : superTenant;
  };
  return new RefusalJournal(auditLog, tenantOf, logger);
}

/**
 * The scopes of the REST APIs are the same in every tenant and nobody can register others by their names. Those of
 * OpenID Connect are known everywhere.
 */
function withRestScopes(registered: ScopeStore): ScopeStore {
  return {
    async findScopes(tenantDomain, names) {
      const others = names.filter((name) => !restScopes.has(name));
      const found = new Map(others.length > 0 ? await registered.findScopes(tenantDomain, others) : []);
      for (const name of names) {
        const roles = restScopes.get(name);
        if (roles) found.set(name, roles);
        // Anybody may say who they are; where an API registered such a name, its binding holds.
        else if (claimScopes.includes(name) && !found.has(name)) found.set(name, []);
      }
      return found;
    },
  };
}

function createCatalogHub({ catalogFeed }: Storage, logger: Logger): FeedHub<CatalogEvent> {
  return new FeedHub(
    'catalog',
    {
      position: () => catalogFeed.revision(),
      since: async (revision, limit) =>
        (await catalogFeed.eventsSince(revision, limit))?.map((item) => ({ position: item.revision, item })),
    },
    logger,
  );
}

function createRevocationHub({ revocationFeed }: Storage, logger: Logger): FeedHub<RevocationRecord> {
  return new FeedHub(
    'revocations',
    {
      position: () => revocationFeed.seq(),
      since: async (seq, limit) =>
        (await revocationFeed.revocationsSince(seq, limit))?.map((item) => ({ position: item.seq, item })),
    },
    logger,
  );
}
