import { createLogger } from '@keygate/common/logging';
import { startPostgres } from '@keygate/common/testing';
import { openStorage } from '../open-storage.js';
import { storageContract } from '../storage.contract.js';

storageContract(async (clock) => {
  const postgres = await startPostgres();
  const logger = createLogger({ name: 'test', level: 'error', format: 'json' });
  const options = {
    databaseUrl: postgres.url,
    dataDir: '',
    poolSize: 20,
    logger,
    caseSensitiveUserNames: false,
    clock,
  };
  return { storage: await openStorage(options), cleanUp: () => postgres.stop() };
});
