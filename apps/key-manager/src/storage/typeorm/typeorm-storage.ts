import type { Logger } from '@keygate/common/logging';
import type { DataSource } from 'typeorm';
import type { SharedScopeStore } from '../../apis/api-store.js';
import type { ClientRegistry } from '../../applications/application-store.js';
import type { Clock } from '../../oauth2/ports.js';
import { announcing, FactChanges, type Facts } from '../fact-changes.js';
import { rememberClients, rememberScopes } from '../remembering-stores.js';
import type { Storage } from '../storage.js';
import { Database } from './database.js';
import type { NotificationEar } from './postgres-listener.js';
import { TypeOrmApiStore } from './typeorm-api.store.js';
import { TypeOrmApiKeyStore } from './typeorm-api-key.store.js';
import { TypeOrmApplicationStore } from './typeorm-application.store.js';
import { TypeOrmAuditStore } from './typeorm-audit.store.js';
import { TypeOrmCertificateStore } from './typeorm-certificate.store.js';
import { TypeOrmClientStore } from './typeorm-client.store.js';
import { TypeOrmCodeStore } from './typeorm-code.store.js';
import { TypeOrmCommitSignal } from './typeorm-commit-signal.js';
import { TypeOrmDenyRuleStore } from './typeorm-deny-rule.store.js';
import { TypeOrmCatalogFeed, TypeOrmRevocationFeed } from './typeorm-feeds.js';
import { TypeOrmForeignKeyStore } from './typeorm-foreign-key.store.js';
import { TypeOrmIdentityProviderStore } from './typeorm-identity-provider.store.js';
import { TypeOrmJanitor } from './typeorm-janitor.js';
import { TypeOrmKeyManagerStore } from './typeorm-key-manager.store.js';
import { TypeOrmLoginStore } from './typeorm-login.store.js';
import { TypeOrmOperationPolicyStore } from './typeorm-operation-policy.store.js';
import { TypeOrmOperationsStore } from './typeorm-operations.store.js';
import { TypeOrmPolicyStore } from './typeorm-policy.store.js';
import { TypeOrmScopeStore } from './typeorm-scope.store.js';
import { TypeOrmScopeTextStore } from './typeorm-scope-text.store.js';
import { TypeOrmSigningKeyStore } from './typeorm-signing-key.store.js';
import { TypeOrmSubscriptionStore } from './typeorm-subscription.store.js';
import { TypeOrmTenantStore } from './typeorm-tenant.store.js';
import { TypeOrmTokenStore } from './typeorm-token.store.js';
import { TypeOrmUserStore } from './typeorm-user.store.js';
import { alignUserNames } from './user-name-keys.js';

export interface StorageParts {
  readonly kind: 'embedded' | 'postgresql';
  /** Initialized, and migrated. */
  readonly dataSource: DataSource;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly caseSensitiveUserNames: boolean;
  /** Starts LISTEN; answers how to stop it. */
  listen(ear: NotificationEar): Promise<() => Promise<void>>;
  /** After the data source is closed. */
  release(): Promise<void>;
}

/** All stores over one data source. */
export async function createTypeOrmStorage(parts: StorageParts): Promise<Storage> {
  const { kind, dataSource, clock, caseSensitiveUserNames } = parts;
  const db = new Database(dataSource);
  await alignUserNames(db, caseSensitiveUserNames);
  const commitSignal = new TypeOrmCommitSignal(db, parts.logger);
  await commitSignal.start();
  const changes = new FactChanges();
  const stopListening = await parts.listen({
    notified: (payload) => {
      commitSignal.notified(payload);
      changes.notified(payload);
    },
    hearing: (isHearing) => changes.hear(isHearing),
  });
  const changing = <Port extends object>(facts: Facts, port: Port) => announcing(port, () => changes.changed(facts));
  const tenants = new TypeOrmTenantStore(db, clock);
  const clients = new TypeOrmClientStore(db, clock);
  const scopes = new TypeOrmScopeStore(db, clock);
  const operations = new TypeOrmOperationsStore(db);
  const audit = new TypeOrmAuditStore(db, clock);
  const codes = new TypeOrmCodeStore(db, clock);
  const logins = new TypeOrmLoginStore(db);
  let closed: Promise<void> | undefined;
  const close = async () => {
    const drained = db.close();
    await commitSignal.stop();
    await stopListening();
    await drained;
    await parts.release();
  };
  return {
    kind,
    tenants,
    users: changing('users', new TypeOrmUserStore(db, clock, caseSensitiveUserNames)),
    clients: rememberClients(clients, changes),
    scopes: rememberScopes(scopes, changes),
    tokens: new TypeOrmTokenStore(db, clock),
    codes,
    replays: codes,
    logins,
    consents: logins,
    scopeTexts: new TypeOrmScopeTextStore(db),
    auditLog: audit,
    auditTrail: audit,
    applications: changing('clients', new TypeOrmApplicationStore(db, clock)),
    apiKeys: new TypeOrmApiKeyStore(db, clock),
    clientRegistry: changing('clients', clients as ClientRegistry),
    apis: changing('scopes', new TypeOrmApiStore(db, clock)),
    sharedScopes: changing('scopes', scopes as SharedScopeStore),
    tenantConfigs: tenants,
    ...plainStores(db, clock),
    serverKey: operations,
    usage: operations,
    commitSignal,
    factChanges: changes,
    janitor: new TypeOrmJanitor(db, clock, kind === 'embedded'),
    ping: async () => {
      await db.run((session) => session.rows('select 1'));
    },
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}

/** Those that stand for themselves: nobody remembers what is in them, and none is two ports. */
function plainStores(db: Database, clock: Clock) {
  return {
    certificates: new TypeOrmCertificateStore(db, clock),
    keyManagers: new TypeOrmKeyManagerStore(db, clock),
    foreignKeys: new TypeOrmForeignKeyStore(db, clock),
    operationPolicies: new TypeOrmOperationPolicyStore(db),
    identityProviders: new TypeOrmIdentityProviderStore(db),
    subscriptions: new TypeOrmSubscriptionStore(db, clock),
    policies: new TypeOrmPolicyStore(db, clock),
    denyRules: new TypeOrmDenyRuleStore(db, clock),
    signingKeys: new TypeOrmSigningKeyStore(db, clock),
    catalogFeed: new TypeOrmCatalogFeed(db),
    revocationFeed: new TypeOrmRevocationFeed(db),
  };
}
