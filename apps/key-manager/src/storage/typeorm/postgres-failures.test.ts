import { createLogger } from '@keygate/common/logging';
import { freePort, type RunningPostgres, startPostgres, waitUntil } from '@keygate/common/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StoreUnavailable } from '../errors.js';
import { application, grant, registerClient, tokenPair } from '../fixtures.contract.js';
import { openStorage } from '../open-storage.js';
import type { Storage } from '../storage.js';

const logger = createLogger({ name: 'test', level: 'silent', format: 'json' });
const options = { dataDir: '', poolSize: 5, logger, caseSensitiveUserNames: false };

describe('PostgreSQL that fails', () => {
  let postgres: RunningPostgres;
  let one: Storage;
  let other: Storage;
  let admin: Client;

  beforeAll(async () => {
    postgres = await startPostgres();
    one = await openStorage({ ...options, databaseUrl: postgres.url });
    other = await openStorage({ ...options, databaseUrl: postgres.url });
    admin = new Client({ connectionString: postgres.url });
    admin.on('error', () => undefined);
    await admin.connect();
  });
  afterAll(async () => {
    await one.close();
    await other.close();
    await admin.end().catch(() => undefined);
    await postgres.stop();
  });

  /** Counts what `other` hears of the catalogue while `work` runs and until it has heard something. */
  async function heardBy(storage: Storage, work: () => Promise<unknown>): Promise<void> {
    let heard = false;
    const stop = storage.commitSignal.onCommit((feed) => {
      heard ||= feed === 'catalog';
    });
    await work();
    await waitUntil(() => heard, { timeoutMillis: 10_000, what: 'the signal' });
    stop();
  }

  it('tells a second server on the same database what was committed', async () => {
    await heardBy(other, () => one.applications.createApplication(application()));
  });

  it('tells of a commit whose notification was lost', async () => {
    await heardBy(other, () => admin.query(`update counters set value = value + 1 where name = 'catalog'`));
    await admin.query(`update counters set value = value - 1 where name = 'catalog'`);
  });

  it('goes on by itself when all connections were cut', async () => {
    await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()');
    await waitUntil(() => one.ping().then(() => true));
    await waitUntil(() => other.ping().then(() => true));
    await one.tokens.saveTokens(tokenPair(grant(await registerClient(one), 1), 1));
    await waitUntil(async () => {
      const { rows } = await admin.query(`select from pg_stat_activity where application_name like '%listener'`);
      return rows.length === 2;
    });
    await heardBy(other, () => one.applications.createApplication(application()));
  });

  it('fails with StoreUnavailable while it is away, in reading, writing and transactions', async () => {
    const clientId = await registerClient(one);
    const pair = tokenPair(grant(clientId, 1), 1);
    await admin.end();
    await postgres.stop();
    await expect(one.ping()).rejects.toThrow(StoreUnavailable);
    await expect(one.clients.findClient(clientId)).rejects.toThrow(StoreUnavailable);
    await expect(one.tokens.saveTokens(pair)).rejects.toThrow(StoreUnavailable);
    await expect(one.tokens.findAccessToken(pair.accessToken.hash)).rejects.toThrow(StoreUnavailable);
    await expect(one.tokens.revokeBy({ kind: 'client', clientId }, 1)).rejects.toThrow(StoreUnavailable);
    await expect(one.applications.findApplication('x')).rejects.toThrow(StoreUnavailable);
    const error: Error = await one.ping().catch((reason) => reason);
    expect(error.message).not.toContain('\n');
  });

  it('cannot be opened when nobody listens, and says so in one line', async () => {
    const databaseUrl = `postgresql://user:hidden-password@127.0.0.1:${await freePort()}/none`;
    const error: Error = await openStorage({ ...options, databaseUrl }).then(
      () => new Error('opened'),
      (reason) => reason,
    );
    expect(error).toBeInstanceOf(StoreUnavailable);
    expect(error.message).toContain('ECONNREFUSED');
    expect(error.message).not.toMatch(/\n|hidden-password/);
  });
});
