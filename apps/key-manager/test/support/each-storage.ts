import { createLogger } from '@keygate/common/logging';
import { openStorage } from '../../src/storage/open-storage.js';
import type { Storage } from '../../src/storage/storage.js';

export const silent = createLogger({ name: 'storage', level: 'silent', format: 'json' });

/** The storages that every test of the app runs on; undefined means memory. */
export const eachStorage: { name: string; openStorage: ((dataDir: string) => Promise<Storage>) | undefined }[] = [
  { name: 'memory', openStorage: undefined },
  {
    name: 'embedded',
    openStorage: (dataDir) => openStorage({ dataDir, poolSize: 2, logger: silent, caseSensitiveUserNames: false }),
  },
];
