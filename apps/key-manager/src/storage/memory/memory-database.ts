import type { Api, Deployment, Revision, SharedScope } from '../../apis/api.js';
import type { LifecycleEvent } from '../../apis/api-store.js';
import type { OperationPolicy } from '../../apis/operation-policies/operation-policy.js';
import type { ApiKey } from '../../applications/api-key.js';
import type { Application, ClientRegistration, ClientSecret } from '../../applications/application.js';
import { type ChainedEvent, chained, genesis } from '../../audit/audit-chain.js';
import { recordable } from '../../audit/recordable.js';
import type { ClientCertificate, EndpointCertificate } from '../../certificates/certificate.js';
import type { IdentityProvider } from '../../identity-providers/identity-provider.js';
import type { ForeignConsumerKey, ForeignKeyManager } from '../../key-managers/key-manager.js';
import type { Consent } from '../../oauth2/authorization/consent.js';
import type { LoginSession } from '../../oauth2/authorization/login-session.js';
import type {
  CodeKind,
  CodeRecord,
  Confirmation,
  GrantRecord,
  RefreshTokenState,
  RevocationTarget,
  Rotation,
} from '../../oauth2/model.js';
import type { AuditEvent, Clock } from '../../oauth2/ports.js';
import type { DenyRule } from '../../policies/deny-rule.js';
import type { ThrottlingPolicy } from '../../policies/policy.js';
import type { UsageCount } from '../../statistics/usage-store.js';
import type { Subscription } from '../../subscriptions/subscription.js';
import type { UserWithPassword } from '../../users/user.js';
import type { CatalogEntity, CatalogEvent, RevocationRecord } from '../feeds.js';
import type { SigningKey, Tenant } from '../ports.js';
import type { ScopeDeclaration } from '../scope-bindings.js';

/** A grant is dead when it was revoked, or when an epoch of its client or subject has moved on since. */
export interface GrantRow {
  readonly record: GrantRecord;
  readonly clientEpoch: number;
  readonly subjectEpoch: number;
  revoked: boolean;
}

export interface AccessTokenRow {
  readonly hash: Buffer;
  readonly grantId: string;
  readonly refreshHash?: string | undefined;
  readonly scope: readonly string[];
  readonly issuedAt: number;
  readonly expiresAt?: number | undefined;
  readonly confirmation?: Confirmation | undefined;
  revoked: boolean;
}

export interface RefreshTokenRow {
  readonly hash: Buffer;
  readonly grantId: string;
  readonly parent?: string | undefined;
  readonly generation: number;
  readonly scope: readonly string[];
  readonly issuedAt: number;
  readonly expiresAt?: number | undefined;
  readonly confirmation?: Confirmation | undefined;
  state: RefreshTokenState;
  rotation?: Rotation | undefined;
}

/** Under the hash of client, user and scopes. */
export interface ReusableRow {
  readonly salt: Buffer;
  readonly accessHash: Buffer;
  readonly expiresAt?: number | undefined;
}

/** Rows as plain maps. A transaction is a stretch of code without `await` that checks first and changes after. */
export class MemoryDatabase {
  readonly tenants = new Map<string, Tenant>();
  readonly users = new Map<string, UserWithPassword>();
  readonly roles = new Map<string, { id: string; tenantDomain: string; name: string }>();
  readonly applications = new Map<string, Application>();
  readonly clients = new Map<string, { registration: ClientRegistration; secrets: ClientSecret[]; epoch: number }>();
  readonly apiKeys = new Map<string, { readonly key: ApiKey; readonly hash: Buffer }>();
  readonly subjectEpochs = new Map<string, number>();
  /** Under API and alias, under tenant and alias. */
  readonly clientCertificates = new Map<string, ClientCertificate>();
  readonly endpointCertificates = new Map<string, EndpointCertificate>();
  readonly keyManagers = new Map<string, ForeignKeyManager>();
  readonly foreignKeys = new Map<string, ForeignConsumerKey>();
  readonly identityProviders = new Map<string, IdentityProvider>();
  readonly operationPolicies = new Map<string, OperationPolicy>();
  readonly apis = new Map<string, Api>();
  readonly apiScopes = new Map<string, ScopeDeclaration[]>();
  readonly lifecycle = new Map<string, LifecycleEvent[]>();
  readonly revisions = new Map<string, Revision>();
  /** The last number given to a revision of an API; numbers are never given again. */
  readonly revisionNumbers = new Map<string, number>();
  readonly deployments = new Map<string, Deployment>();
  readonly sharedScopes = new Map<string, SharedScope>();
  readonly subscriptions = new Map<string, Subscription>();
  readonly policies = new Map<string, ThrottlingPolicy>();
  readonly denyRules = new Map<string, DenyRule>();
  readonly tenantConfigs = new Map<string, string>();
  readonly signingKeys = new Map<string, SigningKey>();
  readonly usage = new Map<string, UsageCount>();
  readonly auditEvents: ChainedEvent[] = [];
  readonly grants = new Map<string, GrantRow>();
  readonly accessTokens = new Map<string, AccessTokenRow>();
  readonly refreshTokens = new Map<string, RefreshTokenRow>();
  readonly codes = new Map<string, CodeRecord>();
  readonly reusableTokens = new Map<string, ReusableRow>();
  readonly loginSessions = new Map<string, LoginSession>();
  readonly consents = new Map<string, Consent>();
  /** When each may be forgotten. */
  readonly usedIds = new Map<string, number>();
  readonly listeners = new Set<(feed: 'catalog' | 'revocations') => void>();
  catalogEvents: (CatalogEvent & { at: number })[] = [];
  catalogRevision = 0;
  revocations: (RevocationRecord & { at: number })[] = [];
  revocationSeq = 0;

  constructor(
    readonly clock: Clock,
    readonly caseSensitiveUserNames: boolean,
  ) {}

  appendCatalog(entity: CatalogEntity, ...ids: readonly string[]): void {
    for (const id of ids) {
      this.catalogRevision += 1;
      this.catalogEvents.push({ revision: this.catalogRevision, entity, id, at: this.clock.now() });
    }
    if (ids.length > 0) this.#notify('catalog');
  }

  appendRevocation(target: RevocationTarget, revokedAt: number, expiresAt?: number): void {
    this.revocationSeq += 1;
    this.revocations.push({
      seq: this.revocationSeq,
      target,
      revokedAt,
      ...(expiresAt === undefined ? {} : { expiresAt }),
      at: this.clock.now(),
    });
    this.#notify('revocations');
  }

  /** True for the first caller only. */
  redeemCode(kind: CodeKind, hash: Buffer): boolean {
    const key = hash.toString('hex');
    const code = this.codes.get(key);
    if (code?.kind !== kind || code.redeemedAt !== undefined) return false;
    this.codes.set(key, { ...code, redeemedAt: this.clock.now() });
    return true;
  }

  appendAudit(event: AuditEvent): void {
    const at = this.clock.now();
    this.auditEvents.push(...chained(this.auditEvents.at(-1) ?? genesis, [{ ...recordable(event), at }]));
  }

  /** Ends every grant of the client at once. */
  revokeClient(clientId: string, at: number): void {
    const client = this.clients.get(clientId);
    if (client !== undefined) client.epoch += 1;
    this.appendRevocation({ kind: 'client', clientId }, at);
  }

  /** Ends every grant of the subject at once. */
  revokeSubject(subject: string, at: number): void {
    this.subjectEpochs.set(subject, this.subjectEpoch(subject) + 1);
    this.appendRevocation({ kind: 'subject', subject }, at);
  }

  /** Ends every token of the user; with the clients, also what those that the user owns got for themselves. */
  revokeUser(fullName: string, { withClients }: { readonly withClients: boolean }): void {
    const clients = [...this.clients.values()].map(({ registration }) => registration);
    const owned = withClients ? clients.filter(({ owner }) => owner === fullName) : [];
    for (const subject of [fullName, ...owned.map(({ clientId }) => clientId)]) {
      this.revokeSubject(subject, this.clock.now());
    }
  }

  endApiKeys(isMeant: (key: ApiKey) => boolean): void {
    for (const { key } of [...this.apiKeys.values()].filter((row) => isMeant(row.key))) {
      this.apiKeys.delete(key.id);
      this.appendRevocation({ kind: 'grant', grantId: key.id }, this.clock.now(), key.expiresAt);
    }
  }

  /** In order of alias. */
  certificatesOf(apiId: string): ClientCertificate[] {
    return [...this.clientCertificates.values()]
      .filter((each) => each.apiId === apiId)
      .sort((a, b) => inOrder(a.alias, b.alias));
  }

  endForeignKeys(isMeant: (key: ForeignConsumerKey) => boolean): void {
    for (const key of [...this.foreignKeys.values()].filter(isMeant)) {
      this.foreignKeys.delete(key.keyMappingId);
      this.appendCatalog('consumer_key', key.keyMappingId);
    }
  }

  /** Those the user made, and those of the user's applications. */
  endUserApiKeys(fullName: string): void {
    this.endApiKeys(
      ({ owner, applicationId }) => owner === fullName || this.applications.get(applicationId)?.owner === fullName,
    );
  }

  subjectEpoch(subject: string): number {
    return this.subjectEpochs.get(subject) ?? 0;
  }

  userKey(tenantDomain: string, domain: string, username: string): string {
    return `${tenantDomain}\n${domain}\n${this.userNameKey(username)}`;
  }

  userNameKey(username: string): string {
    return this.caseSensitiveUserNames ? username : username.toLowerCase();
  }

  /** After the transaction, so that a listener sees all of it. */
  #notify(feed: 'catalog' | 'revocations'): void {
    queueMicrotask(() => {
      for (const listener of this.listeners) listener(feed);
    });
  }
}

/** In order of code points, as PostgreSQL's collation "C" has it. */
export function inOrder(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
