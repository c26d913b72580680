import type { Logger } from '@keygate/common/logging';
import type { KeyManagerConfig } from '../config/key-manager.config.js';
import { type MigrationStatus, migrateStorage, storageMigrations } from '../storage/open-storage.js';
import { connectionOf } from './database.js';

export {
  type AuditHead,
  type AuditQuery,
  type ChainedEvent,
  type ChainVerdict,
  formatHead,
  listAuditEvents,
  parseHead,
  type VerifyOptions,
  verifyAuditLog,
} from './audit.js';
export { type Database, NoDatabase, withDatabase } from './database.js';
export { type DemoFacts, type DemoOptions, DemoOutsideLoopback, demoFacts, seedDemo } from './demo.js';
export { sweepAll } from './janitor.js';
export { listSigningKeys, rotateKeys, type ShownSigningKey, type SigningAlgorithm } from './signing-keys.js';
export { createUser, deleteUser, setUserLocked, setUserPassword } from './users.js';

/** Which migrations are applied and which wait. Changes nothing. */
export function migrationStatus(config: KeyManagerConfig, logger: Logger): Promise<MigrationStatus[]> {
  return storageMigrations({ ...connectionOf(config), logger });
}

/** Applies what waits and answers the names. */
export function migrateUp(config: KeyManagerConfig, logger: Logger): Promise<string[]> {
  return migrateStorage({ ...connectionOf(config), logger });
}
