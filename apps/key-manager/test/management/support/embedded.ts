import { createLogger } from '@keygate/common/logging';
import { openStorage } from '../../../src/storage/open-storage.js';
import type { Storage } from '../../../src/storage/storage.js';

/** The embedded PostgreSQL (PGlite) in a folder of its own. */
export function openEmbedded(dataDir: string): Promise<Storage> {
  const logger = createLogger({ name: 'storage', level: 'silent', format: 'json' });
  return openStorage({ dataDir, poolSize: 4, logger, caseSensitiveUserNames: false });
}
