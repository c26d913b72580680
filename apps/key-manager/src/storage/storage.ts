import type { Logger } from '@keygate/common/logging';
import type { ApiStore, SharedScopeStore } from '../apis/api-store.js';
import type { OperationPolicyStore } from '../apis/operation-policies/operation-policy.js';
import type { ApiKeyStore } from '../applications/api-key-store.js';
import type { ApplicationStore, ClientRegistry } from '../applications/application-store.js';
import type { AuditTrail } from '../audit/audit-trail.js';
import type { CertificateStore } from '../certificates/certificate-store.js';
import type { IdentityProviderStore } from '../identity-providers/identity-provider-store.js';
import type { ForeignKeyStore, KeyManagerStore } from '../key-managers/key-manager-store.js';
import type { ConsentStore } from '../oauth2/authorization/consent.js';
import type { LoginSessionStore } from '../oauth2/authorization/login-session.js';
import type { AuditLog, ClientStore, Clock, CodeStore, ReplayGuard, ScopeStore, TokenStore } from '../oauth2/ports.js';
import type { DenyRuleStore } from '../policies/deny-rule.js';
import type { PolicyStore } from '../policies/policy-store.js';
import type { TenantConfigStore } from '../policies/tenant-config.js';
import type { UsageStore } from '../statistics/usage-store.js';
import type { SubscriptionStore } from '../subscriptions/subscription-store.js';
import type { UserStore } from '../users/user-store.js';
import type { FactChanges } from './fact-changes.js';
import type { CatalogFeed, CommitSignal, RevocationFeed } from './feeds.js';
import type { Janitor, ScopeTextStore, ServerKeyStore, SigningKeyStore, TenantStore } from './ports.js';

/** Every store of the key manager over one database. */
export interface Storage {
  readonly kind: 'memory' | 'embedded' | 'postgresql';
  readonly tenants: TenantStore;
  readonly users: UserStore;
  readonly clients: ClientStore;
  readonly scopes: ScopeStore;
  readonly tokens: TokenStore;
  readonly codes: CodeStore;
  readonly replays: ReplayGuard;
  readonly logins: LoginSessionStore;
  readonly scopeTexts: ScopeTextStore;
  readonly consents: ConsentStore;
  readonly auditLog: AuditLog;
  readonly auditTrail: AuditTrail;
  readonly applications: ApplicationStore;
  readonly apiKeys: ApiKeyStore;
  readonly clientRegistry: ClientRegistry;
  readonly apis: ApiStore;
  readonly sharedScopes: SharedScopeStore;
  readonly certificates: CertificateStore;
  readonly keyManagers: KeyManagerStore;
  readonly foreignKeys: ForeignKeyStore;
  readonly identityProviders: IdentityProviderStore;
  readonly operationPolicies: OperationPolicyStore;
  readonly subscriptions: SubscriptionStore;
  readonly policies: PolicyStore;
  readonly denyRules: DenyRuleStore;
  readonly tenantConfigs: TenantConfigStore;
  readonly signingKeys: SigningKeyStore;
  readonly serverKey: ServerKeyStore;
  readonly usage: UsageStore;
  readonly catalogFeed: CatalogFeed;
  readonly revocationFeed: RevocationFeed;
  readonly commitSignal: CommitSignal;
  readonly factChanges: FactChanges;
  readonly janitor: Janitor;
  /** Resolves when the database answers; throws `StoreUnavailable` otherwise. */
  ping(): Promise<void>;
  /** Waits for what is under way, then frees connections, timers and the lock on the data folder. */
  close(): Promise<void>;
}

export interface StorageOptions {
  /** `postgresql://…`; unset: the embedded database in `dataDir`. */
  readonly databaseUrl?: string | undefined;
  readonly dataDir: string;
  /** Most connections to PostgreSQL. */
  readonly poolSize: number;
  readonly logger: Logger;
  readonly caseSensitiveUserNames: boolean;
  /** For repeatable tests; the system's clock otherwise. */
  readonly clock?: Clock | undefined;
}
