import type { Logger } from '@keygate/common/logging';
import type { ChainedEvent } from '../audit/audit-chain.js';
import type { AuditQuery } from '../audit/audit-trail.js';
import { type ChainVerdict, type VerifyOptions, verifyChain } from '../audit/verify-chain.js';
import type { KeyManagerConfig } from '../config/key-manager.config.js';
import { withExistingDatabase } from './database.js';

export { type AuditHead, type ChainedEvent, formatHead, parseHead } from '../audit/audit-chain.js';
export type { AuditQuery } from '../audit/audit-trail.js';
export type { ChainVerdict, VerifyOptions } from '../audit/verify-chain.js';

/** Walks the chain of the audit log from its first event to its head. */
export function verifyAuditLog(
  config: KeyManagerConfig,
  logger: Logger,
  options: VerifyOptions,
): Promise<ChainVerdict> {
  return withExistingDatabase(config, logger, ({ storage }) => verifyChain(storage.auditTrail, options));
}

/** The newest events, newest first, as they stand: not verified. */
export function listAuditEvents(config: KeyManagerConfig, logger: Logger, query: AuditQuery): Promise<ChainedEvent[]> {
  return withExistingDatabase(config, logger, ({ storage }) => storage.auditTrail.newestEvents(query));
}
