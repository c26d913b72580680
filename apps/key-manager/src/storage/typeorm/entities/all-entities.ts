import {
  apiEntity,
  apiScopeEntity,
  deploymentEntity,
  lifecycleEntity,
  revisionEntity,
  sharedScopeEntity,
} from './api.entity.js';
import { applicationEntity, clientEntity, clientSecretEntity } from './application.entity.js';
import { clientCertificateEntity, endpointCertificateEntity } from './certificate.entity.js';
import { identityProviderEntity } from './identity-provider.entity.js';
import { foreignConsumerKeyEntity, keyManagerEntity } from './key-manager.entity.js';
import { operationPolicyEntity } from './operation-policy.entity.js';
import { signingKeyEntity } from './operations.entity.js';
import { denyRuleEntity, policyEntity, tenantConfigEntity } from './policy.entity.js';
import { subscriptionEntity } from './subscription.entity.js';
import { tenantEntity } from './tenant.entity.js';
import { roleEntity, userEntity, userRoleEntity } from './user.entity.js';

/** Rows of tables that are read and written through TypeORM. Tokens, feeds and the audit log are hand-written SQL and not here. */
export const allEntities = [
  tenantEntity,
  policyEntity,
  denyRuleEntity,
  tenantConfigEntity,
  identityProviderEntity,
  operationPolicyEntity,
  keyManagerEntity,
  clientCertificateEntity,
  endpointCertificateEntity,
  foreignConsumerKeyEntity,
  roleEntity,
  userEntity,
  userRoleEntity,
  applicationEntity,
  clientEntity,
  clientSecretEntity,
  apiEntity,
  apiScopeEntity,
  lifecycleEntity,
  revisionEntity,
  deploymentEntity,
  sharedScopeEntity,
  subscriptionEntity,
  signingKeyEntity,
];
