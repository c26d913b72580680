import { createLogger } from '@keygate/common/logging';
import { startPostgres } from '@keygate/common/testing';
import { Client } from 'pg';
import { expect } from 'vitest';
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
  const cleanUp = async () => {
    const { deadlocks } = await statistics(postgres.url);
    await postgres.stop();
    // A deadlock would be retried, and go unseen.
    expect(deadlocks).toBe('0');
  };
  return { storage: await openStorage(options), cleanUp };
});

async function statistics(connectionString: string): Promise<{ deadlocks: string }> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    return (await client.query('select deadlocks from pg_stat_database where datname = current_database()')).rows[0];
  } finally {
    await client.end();
  }
}
