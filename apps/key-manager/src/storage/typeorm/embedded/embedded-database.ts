import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { createPgConfig } from '@electric-sql/pglite/node-postgres';
import { Client } from 'pg';
import { StoreUnavailable } from '../../errors.js';
import { valueTypes } from '../value-types.js';
import { type FolderLock, lockDataFolder } from './data-folder-lock.js';
import { createDatabaseFolder } from './database-image.js';
import { ExclusivePool, type PoolLimits } from './exclusive-pool.js';

export interface EmbeddedDatabase {
  readonly pool: ExclusivePool;
  /** Calls `listener` with the payload of each NOTIFY on the channel. */
  listen(channel: string, listener: (payload: string) => void): Promise<void>;
  close(): Promise<void>;
}

/**
 * PostgreSQL in WebAssembly, in this process, on a folder that only this process may have open. The driver is pg's
 * own client over PGlite's wire protocol, so that values and errors are those of a server. It survives `kill -9`;
 * PGlite runs without fsync, so a power failure may cost the last seconds.
 */
export async function openEmbeddedDatabase(dataDir: string, limits?: PoolLimits): Promise<EmbeddedDatabase> {
  // Before PGlite opens anything.
  const lock = await lockDataFolder(join(dataDir, 'database.lock'));
  try {
    return await open(folderIn(dataDir), lock, limits);
  } catch (error) {
    lock.release();
    throw error;
  }
}

const folderIn = (dataDir: string) => join(dataDir, 'database');

/** Whether there is one to open; opening makes one otherwise. */
export const hasEmbeddedDatabase = (dataDir: string): boolean => existsSync(folderIn(dataDir));

async function open(folder: string, lock: FolderLock, limits: PoolLimits | undefined): Promise<EmbeddedDatabase> {
  const pglite = await start(folder);
  // Typed loosely by PGlite: pg's configuration has an undeclared member `connection`.
  const client = new Client({ ...createPgConfig(pglite), types: valueTypes });
  await client.connect();
  return {
    pool: new ExclusivePool(client, limits),
    listen: async (channel, listener) => {
      client.on('notification', (message) => {
        if (message.channel === channel) listener(message.payload ?? '');
      });
      await client.query(`listen ${channel}`);
    },
    close: async () => {
      try {
        await client.end();
        await pglite.close();
      } finally {
        lock.release();
      }
    },
  };
}

async function start(folder: string): Promise<PGlite> {
  try {
    await createDatabaseFolder(folder);
    return await PGlite.create(folder);
  } catch (error) {
    const [line] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new StoreUnavailable(`The embedded database in ${folder} did not start: ${line}`);
  }
}
