import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { Api, ApiBody, ApiScope } from '../apis/api.js';
import type { Application, ClientRegistration, ClientSecret } from '../applications/application.js';
import type { GrantRecord, NewTokens } from '../oauth2/model.js';
import type { Subscription } from '../subscriptions/subscription.js';
import type { Storage } from './storage.js';

/** What a contract suite gets: an open storage and the clock it was opened with. */
export interface Subject {
  readonly storage: () => Storage;
  readonly clock: TestClock;
}

export class TestClock {
  #now = 1_800_000_000_000;
  now = (): number => this.#now;
  /** Moves on; answers the new time. */
  tick(millis = 1): number {
    this.#now += millis;
    return this.#now;
  }
}

export const hash = (): Buffer => createHash('sha256').update(randomBytes(16)).digest();
const some = (what: string): string => `${what}-${randomBytes(6).toString('hex')}`;

export function application(change: Partial<Application> = {}): Application {
  return {
    id: randomUUID(),
    tenantDomain: 'carbon.super',
    owner: 'alice@carbon.super',
    name: some('App'),
    throttlingPolicy: 'Unlimited',
    description: '',
    tokenType: 'OAUTH',
    groups: [],
    attributes: { team: 'blue' },
    visibility: 'PRIVATE',
    status: 'APPROVED',
    createdAt: 1_800_000_000_000,
    updatedAt: 1_800_000_000_000,
    ...change,
  };
}

export function registration(change: Partial<ClientRegistration> = {}): ClientRegistration {
  return {
    clientId: some('client'),
    tenantDomain: 'carbon.super',
    owner: 'alice@carbon.super',
    name: some('name'),
    keyMappingId: randomUUID(),
    keyType: 'PRODUCTION',
    mode: 'CREATED',
    grantTypes: ['password', 'refresh_token'],
    callbackUrl: '',
    confidential: true,
    active: true,
    allTenants: false,
    lifetimes: { userAccessToken: 600 },
    additionalProperties: { id_token_expiry_time: 3600, nested: { list: [1, 'two', null] } },
    metadata: {},
    createdAt: 1_800_000_000_000,
    ...change,
  };
}

export function secret(change: Partial<ClientSecret> = {}): ClientSecret {
  return { id: randomUUID(), hash: hash(), derived: true, createdAt: 1_800_000_000_000, ...change };
}

export function apiBody(change: Partial<ApiBody> = {}): ApiBody {
  return {
    transport: ['https'],
    policies: ['Unlimited'],
    securityScheme: ['oauth2'],
    operations: [],
    scopes: [],
    endpointConfig: { endpoint_type: 'http', production_endpoints: { url: 'http://localhost:1' } },
    unknownMember: { kept: true },
    ...change,
  };
}

export const ownScope = (name: string, ...bindings: string[]): { scope: ApiScope; shared: boolean } => ({
  scope: { name, bindings },
  shared: false,
});

export function api(change: Partial<Api> = {}): Api {
  const name = change.name ?? some('Api');
  return {
    id: randomUUID(),
    tenantDomain: 'carbon.super',
    provider: 'alice@carbon.super',
    name,
    version: '1.0.0',
    context: `/${name.toLowerCase()}`,
    lifeCycleStatus: 'CREATED',
    isDefaultVersion: false,
    body: apiBody(),
    createdAt: 1_800_000_000_000,
    updatedAt: 1_800_000_000_000,
    ...change,
  };
}

export function subscription(applicationId: string, apiId: string, change: Partial<Subscription> = {}): Subscription {
  return {
    id: randomUUID(),
    tenantDomain: 'carbon.super',
    applicationId,
    apiId,
    throttlingPolicy: 'Gold',
    requestedThrottlingPolicy: 'Gold',
    status: 'UNBLOCKED',
    createdAt: 1_800_000_000_000,
    ...change,
  };
}

export async function registerClient(storage: Storage, change: Partial<ClientRegistration> = {}): Promise<string> {
  const made = registration(change);
  await storage.clientRegistry.registerClient(made, secret());
  return made.clientId;
}

export function grant(clientId: string, at: number, change: Partial<GrantRecord> = {}): GrantRecord {
  return {
    id: randomUUID(),
    clientId,
    tenantDomain: 'carbon.super',
    subject: `${some('user')}@carbon.super`,
    kind: 'APPLICATION_USER',
    createdAt: at,
    expiresAt: at + 86_400_000,
    ...change,
  };
}

/** A pair of a new family, or of `family` one generation on. */
export function tokenPair(of: GrantRecord, at: number, generation = 0) {
  return {
    grant: of,
    accessToken: { hash: hash(), scope: ['read', 'write'], issuedAt: at, expiresAt: at + 3_600_000 },
    refreshToken: { hash: hash(), generation, scope: ['read', 'write'], issuedAt: at, expiresAt: at + 7_200_000 },
  } satisfies NewTokens;
}
