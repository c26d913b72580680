import type { Api, Deployment, Revision } from '../apis/api.js';
import type { Application, ClientRegistration } from '../applications/application.js';
import type { ApiCertificates } from '../certificates/certificate.js';
import type { ForeignConsumerKey, ForeignKeyManager } from '../key-managers/key-manager.js';
import type { RevocationTarget } from '../oauth2/model.js';
import type { DenyRule } from '../policies/deny-rule.js';
import type { ThrottlingPolicy } from '../policies/policy.js';
import type { Subscription } from '../subscriptions/subscription.js';
import type { SigningKey } from './ports.js';

/** What a gateway sees of an API: what is deployed, with the state of today. */
export interface DeployedApi {
  readonly api: Api;
  readonly revision: Revision;
  readonly deployment: Deployment;
  /** Absent: none. */
  readonly certificates?: ApiCertificates | undefined;
}

export type CatalogEntity =
  | 'api'
  | 'application'
  | 'consumer_key'
  | 'subscription'
  | 'signing_key'
  | 'throttling_policy'
  | 'deny_rule'
  | 'key_manager'
  /** Nothing that is kept: the id says all of it (`resetId`). */
  | 'throttle_reset';

/** One committed change: read the entity to see what it is now. */
export interface CatalogEvent {
  /** 1, 2, 3 … without gaps, in the order of the commits. */
  readonly revision: number;
  readonly entity: CatalogEntity;
  readonly id: string;
}

export const CatalogFeed = Symbol('CatalogFeed');
/** The facts gateways work from, as one consistent picture and as ordered changes. */
export interface CatalogFeed {
  revision(): Promise<number>;
  /** Events after `revision` in order; undefined when some of them were swept away already. */
  eventsSince(revision: number, limit: number): Promise<CatalogEvent[] | undefined>;
  /** All entities at one revision, read in one repeatable-read transaction. Retired APIs are left out. */
  snapshot(environment: string): Promise<{
    revision: number;
    apis: DeployedApi[];
    applications: Application[];
    consumerKeys: ClientRegistration[];
    subscriptions: Subscription[];
    throttlingPolicies: ThrottlingPolicy[];
    denyRules: DenyRule[];
    keyManagers: ForeignKeyManager[];
    foreignKeys: ForeignConsumerKey[];
    /** Published ones: all that are not removed. */
    signingKeys: SigningKey[];
  }>;
  findDeployedApi(apiId: string, environment: string): Promise<DeployedApi | undefined>;
}

export interface RevocationRecord {
  readonly seq: number;
  readonly target: RevocationTarget;
  readonly revokedAt: number;
  readonly expiresAt?: number | undefined;
}

export const RevocationFeed = Symbol('RevocationFeed');
export interface RevocationFeed {
  seq(): Promise<number>;
  /** Revocations after `seq` in order; undefined when some of them were swept away already. */
  revocationsSince(seq: number, limit: number): Promise<RevocationRecord[] | undefined>;
}

export const CommitSignal = Symbol('CommitSignal');
/**
 * Says that something was committed, by this process or by another one on the same database (LISTEN/NOTIFY, with a
 * poll that repairs a lost notification within 500 ms). Listeners read the feeds to learn what.
 */
export interface CommitSignal {
  onCommit(listener: (feed: 'catalog' | 'revocations') => void): () => void;
}
