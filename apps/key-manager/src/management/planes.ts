import type { ApiStore, SharedScopeStore } from '../apis/api-store.js';
import type { EndpointCheck } from '../apis/endpoint-check.js';
import type { GatewayEnvironment } from '../apis/environments.js';
import type { InternalKeyPorts } from '../apis/internal-key.js';
import type { OperationPolicyStore } from '../apis/operation-policies/operation-policy.js';
import type { SecretBox } from '../apis/secret-box.js';
import type { ApiKeyStore } from '../applications/api-key-store.js';
import type { ApplicationStore, ClientRegistry } from '../applications/application-store.js';
import type { ClientCredentialSource } from '../applications/credentials.js';
import type { CertificateStore } from '../certificates/certificate-store.js';
import type { IdentityProviderStore } from '../identity-providers/identity-provider-store.js';
import type { ForeignKeyStore, KeyManagerStore } from '../key-managers/key-manager-store.js';
import type { AuditLog, Clock, ResourceOwners } from '../oauth2/ports.js';
import type { TokenEndpoint } from '../oauth2/token-endpoint.js';
import type { DenyRuleStore } from '../policies/deny-rule.js';
import type { PolicyStore } from '../policies/policy-store.js';
import type { TenantConfigStore } from '../policies/tenant-config.js';
import type { RotationDeps } from '../signing-keys/rotation.js';
import type { SubscriptionStore } from '../subscriptions/subscription-store.js';
import type { UserAccounts } from '../users/user-accounts.js';
import type { UserStore } from '../users/user-store.js';
import { identityProviderRoutes } from './admin/identity-provider-routes.js';
import { keyManagerRoutes } from './admin/key-manager-routes.js';
import { signingKeyRoutes } from './admin/signing-key-routes.js';
import { tenantConfigRoutes } from './admin/tenant-config-routes.js';
import { denyRoutes } from './admin/throttling/deny-routes.js';
import { policyRoutes } from './admin/throttling/policy-routes.js';
import { transferRoutes } from './admin/throttling/transfer-routes.js';
import { registrationRoutes } from './dcr/registration-routes.js';
import { accountRoutes } from './devportal/account-routes.js';
import { apiKeyRoutes } from './devportal/api-key-routes.js';
import { apiRoutes as devportalApiRoutes } from './devportal/api-routes.js';
import { applicationRoutes } from './devportal/application-routes.js';
import { portalKeyManagerRoutes } from './devportal/key-manager-routes.js';
import { keyRoutes } from './devportal/key-routes.js';
import { subscriptionRoutes as devportalSubscriptionRoutes } from './devportal/subscription-routes.js';
import { prefixes } from './prefixes.js';
import { apiRoutes } from './publisher/api-routes.js';
import { clientCertificateRoutes } from './publisher/client-certificate-routes.js';
import { definitionRoutes } from './publisher/definition-routes.js';
import { endpointCertificateRoutes } from './publisher/endpoint-certificate-routes.js';
import { endpointCheckRoutes } from './publisher/endpoint-check-routes.js';
import { internalKeyRoutes } from './publisher/internal-key-routes.js';
import { lifecycleRoutes } from './publisher/lifecycle-routes.js';
import { operationPolicyRoutes } from './publisher/operation-policy-routes.js';
import { revisionRoutes } from './publisher/revision-routes.js';
import { scopeRoutes } from './publisher/scope-routes.js';
import { settingsRoutes } from './publisher/settings-routes.js';
import { subscriptionRoutes } from './publisher/subscription-routes.js';
import type { Plane } from './rest/route.js';
import { roleRoutes } from './scim/role-routes.js';
import { scimContentType, scimErrorBody } from './scim/scim-messages.js';
import { userRoutes } from './scim/user-routes.js';
import { devportalTierRoutes, publisherTierRoutes } from './tier-routes.js';

/** Everything the REST APIs need of the rest of the key manager. */
export interface ManagementPorts {
  readonly applications: ApplicationStore;
  readonly apiKeys: ApiKeyStore;
  readonly internalKeys: InternalKeyPorts;
  readonly clients: ClientRegistry;
  readonly credentials: ClientCredentialSource;
  readonly apis: ApiStore;
  readonly operationPolicies: OperationPolicyStore;
  readonly sharedScopes: SharedScopeStore;
  readonly identityProviders: IdentityProviderStore;
  readonly certificates: CertificateStore;
  readonly keyManagers: KeyManagerStore;
  readonly foreignKeys: ForeignKeyStore;
  readonly issuer: string;
  readonly grantTypes: readonly string[];
  readonly subscriptions: SubscriptionStore;
  readonly policies: PolicyStore;
  readonly denyRules: DenyRuleStore;
  readonly tenantConfigs: TenantConfigStore;
  readonly users: UserStore;
  readonly accounts: UserAccounts;
  readonly resourceOwners: Pick<ResourceOwners, 'authenticate'>;
  readonly auditLog: AuditLog;
  readonly secretBox: SecretBox;
  readonly tokenEndpoint: TokenEndpoint;
  readonly environments: readonly GatewayEnvironment[];
  readonly liveGateways: (environment: string) => number;
  readonly clock: Clock;
  readonly rotation: RotationDeps;
  readonly checkEndpoint: EndpointCheck;
}

/** The REST APIs, each as its table of routes. */
export function planes(ports: ManagementPorts): Plane[] {
  return [
    {
      name: 'dcr',
      title: 'Client registration',
      version: 'v0.17',
      prefix: prefixes.dcr,
      routes: registrationRoutes(ports),
    },
    {
      name: 'devportal',
      title: 'Developer portal',
      version: 'v3',
      prefix: prefixes.devportal,
      routes: [
        ...applicationRoutes(ports),
        ...keyRoutes(ports),
        ...apiKeyRoutes(ports),
        ...portalKeyManagerRoutes(ports),
        ...devportalSubscriptionRoutes(ports),
        ...devportalApiRoutes(ports),
        ...devportalTierRoutes(ports.policies),
        ...accountRoutes(ports),
      ],
    },
    {
      name: 'publisher',
      title: 'Publisher',
      version: 'v4',
      prefix: prefixes.publisher,
      routes: [
        ...apiRoutes(ports),
        ...internalKeyRoutes(ports),
        ...clientCertificateRoutes(ports),
        ...endpointCertificateRoutes(ports),
        ...endpointCheckRoutes(ports),
        ...lifecycleRoutes(ports),
        ...revisionRoutes(ports),
        ...scopeRoutes(ports),
        ...subscriptionRoutes(ports),
        ...publisherTierRoutes(ports.policies),
        ...operationPolicyRoutes(ports),
        ...definitionRoutes(ports),
        ...settingsRoutes(ports),
      ],
    },
    {
      name: 'admin',
      title: 'Administration',
      version: 'v4',
      prefix: prefixes.admin,
      routes: [
        ...identityProviderRoutes(ports),
        ...keyManagerRoutes(ports),
        ...signingKeyRoutes(ports),
        ...policyRoutes(ports),
        ...transferRoutes(ports),
        ...denyRoutes(ports),
        ...tenantConfigRoutes(ports),
      ],
    },
    {
      name: 'scim',
      title: 'Users and roles (SCIM 2)',
      version: '2.0',
      prefix: prefixes.scim,
      routes: [...userRoutes(ports), ...roleRoutes(ports)],
      errorBody: scimErrorBody,
      contentType: scimContentType,
    },
  ];
}
