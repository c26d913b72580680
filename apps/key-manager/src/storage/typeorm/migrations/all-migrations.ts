import { InitialSchema1763800000000 } from './001-initial-schema.js';
import { AuditChain1764000002000 } from './002-audit-chain.js';
import { StepTwoTokens1764000003000 } from './003-step-two-tokens.js';
import { LoginsAndConsents1764000004000 } from './004-logins-and-consents.js';
import { Signing1764000005000 } from './005-signing.js';
import { ClientSecrets1764000006000 } from './006-client-secrets.js';
import { IdentityProviders1764000007000 } from './007-identity-providers.js';
import { ChangeNotices1764000010000 } from './010-change-notices.js';
import { TokenVacuum1764000020000 } from './020-token-vacuum.js';
import { ThrottlingPolicies1764000030000 } from './030-throttling-policies.js';
import { ApiKeys1764000040000 } from './040-api-keys.js';
import { KeyManagers1764000041000 } from './041-key-managers.js';
import { Certificates1764000042000 } from './042-certificates.js';
import { OperationPolicies1764000050000 } from './050-operation-policies.js';
import type { WrittenMigration } from './written-migration.js';

/** In order. A migration that was released is never changed; a correction is the next one. */
export const allMigrations: readonly (new () => WrittenMigration)[] = [
  InitialSchema1763800000000,
  AuditChain1764000002000,
  StepTwoTokens1764000003000,
  LoginsAndConsents1764000004000,
  Signing1764000005000,
  ClientSecrets1764000006000,
  IdentityProviders1764000007000,
  ChangeNotices1764000010000,
  TokenVacuum1764000020000,
  ThrottlingPolicies1764000030000,
  ApiKeys1764000040000,
  KeyManagers1764000041000,
  Certificates1764000042000,
  OperationPolicies1764000050000,
];
