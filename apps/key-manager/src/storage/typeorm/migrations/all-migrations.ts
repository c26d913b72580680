import { InitialSchema1763800000000 } from './001-initial-schema.js';
import { AuditChain1764000002000 } from './002-audit-chain.js';
import { StepTwoTokens1764000003000 } from './003-step-two-tokens.js';
import { ChangeNotices1764000010000 } from './010-change-notices.js';
import type { WrittenMigration } from './written-migration.js';

/** In order. A migration that was released is never changed; a correction is the next one. */
export const allMigrations: readonly (new () => WrittenMigration)[] = [
  InitialSchema1763800000000,
  AuditChain1764000002000,
  StepTwoTokens1764000003000,
  ChangeNotices1764000010000,
];
