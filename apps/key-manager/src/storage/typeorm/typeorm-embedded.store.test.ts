import { createLogger } from '@keygate/common/logging';
import { temporaryFolder } from '@keygate/common/testing';
import { openStorage } from '../open-storage.js';
import { storageContract } from '../storage.contract.js';

storageContract(async (clock) => {
  const folder = temporaryFolder();
  const logger = createLogger({ name: 'test', level: 'error', format: 'json' });
  const options = { dataDir: folder.path, poolSize: 1, logger, caseSensitiveUserNames: false, clock };
  return { storage: await openStorage(options), cleanUp: async () => folder.remove() };
});
