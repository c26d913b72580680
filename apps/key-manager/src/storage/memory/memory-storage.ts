import type { Clock } from '../../oauth2/ports.js';
import { FactChanges } from '../fact-changes.js';
import type { Storage } from '../storage.js';
import { MemoryApiStore } from './memory-api.store.js';
import { MemoryApiKeyStore } from './memory-api-key.store.js';
import { MemoryApplicationStore } from './memory-application.store.js';
import { MemoryAuditStore } from './memory-audit.store.js';
import { MemoryCertificateStore } from './memory-certificate.store.js';
import { MemoryClientStore } from './memory-client.store.js';
import { MemoryCodeStore } from './memory-code.store.js';
import { MemoryDatabase } from './memory-database.js';
import { MemoryDenyRuleStore } from './memory-deny-rule.store.js';
import { MemoryCatalogFeed, MemoryCommitSignal, MemoryRevocationFeed } from './memory-feeds.js';
import { MemoryIdentityProviderStore } from './memory-identity-provider.store.js';
import { MemoryJanitor } from './memory-janitor.js';
import { MemoryKeyManagerStore } from './memory-key-manager.store.js';
import { MemoryLoginStore } from './memory-login.store.js';
import { MemoryOperationPolicyStore } from './memory-operation-policy.store.js';
import { MemoryOperationsStore } from './memory-operations.store.js';
import { MemoryPolicyStore } from './memory-policy.store.js';
import { MemoryScopeStore } from './memory-scope.store.js';
import { MemoryScopeTextStore } from './memory-scope-text.store.js';
import { MemorySigningKeyStore } from './memory-signing-key.store.js';
import { MemorySubscriptionStore } from './memory-subscription.store.js';
import { MemoryTenantStore } from './memory-tenant.store.js';
import { MemoryTokenStore } from './memory-token.store.js';
import { MemoryUserStore } from './memory-user.store.js';

/** Everything in maps of this process, for tests: the same promises as the database, except that nothing lasts. */
export function createMemoryStorage(options: { clock?: Clock; caseSensitiveUserNames?: boolean } = {}): Storage {
  const clock = options.clock ?? { now: () => Date.now() };
  const db = new MemoryDatabase(clock, options.caseSensitiveUserNames ?? false);
  const tenants = new MemoryTenantStore(db);
  const clients = new MemoryClientStore(db);
  const scopes = new MemoryScopeStore(db);
  const operations = new MemoryOperationsStore(db);
  const audit = new MemoryAuditStore(db);
  const codes = new MemoryCodeStore(db);
  const logins = new MemoryLoginStore(db);
  const keyManagers = new MemoryKeyManagerStore(db);
  return {
    kind: 'memory',
    tenants,
    users: new MemoryUserStore(db),
    clients,
    scopes,
    tokens: new MemoryTokenStore(db),
    codes,
    replays: codes,
    logins,
    consents: logins,
    scopeTexts: new MemoryScopeTextStore(db),
    auditLog: audit,
    auditTrail: audit,
    applications: new MemoryApplicationStore(db),
    apiKeys: new MemoryApiKeyStore(db),
    clientRegistry: clients,
    apis: new MemoryApiStore(db),
    sharedScopes: scopes,
    certificates: new MemoryCertificateStore(db),
    keyManagers,
    foreignKeys: keyManagers,
    operationPolicies: new MemoryOperationPolicyStore(db),
    identityProviders: new MemoryIdentityProviderStore(db),
    subscriptions: new MemorySubscriptionStore(db),
    policies: new MemoryPolicyStore(db),
    denyRules: new MemoryDenyRuleStore(db),
    tenantConfigs: tenants,
    signingKeys: new MemorySigningKeyStore(db),
    serverKey: operations,
    usage: operations,
    catalogFeed: new MemoryCatalogFeed(db),
    revocationFeed: new MemoryRevocationFeed(db),
    commitSignal: new MemoryCommitSignal(db),
    // It never hears, so nothing is remembered beside the maps.
    factChanges: new FactChanges(),
    janitor: new MemoryJanitor(db),
    ping: async () => undefined,
    close: async () => db.listeners.clear(),
  };
}
