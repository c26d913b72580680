import { createLogger } from '@keygate/common/logging';
import { type RunningPostgres, startPostgres, waitUntil } from '@keygate/common/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hash, registerClient, secret } from '../fixtures.contract.js';
import { openStorage } from '../open-storage.js';
import type { Storage } from '../storage.js';

const logger = createLogger({ name: 'test', level: 'silent', format: 'json' });
const options = { dataDir: '', poolSize: 5, logger, caseSensitiveUserNames: false };

describe('what two key managers remember', () => {
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
    await admin.end();
    await postgres.stop();
  });

  async function remembered(...storages: Storage[]): Promise<string> {
    const clientId = await registerClient(one);
    // The notice of the registration may still be on its way, and clears what is read before it.
    await waitUntil(async () => {
      for (const { clients } of storages) await clients.findClient(clientId);
      return storages.every(({ clients }) => clients.rememberedClient?.(clientId));
    });
    return clientId;
  }

  it('is forgotten at once where the change is made', async () => {
    const clientId = await remembered(one);
    const next = secret({ hash: hash() });
    await one.clientRegistry.replaceSecrets(clientId, next);
    expect(one.clients.rememberedClient?.(clientId)).toBeUndefined();
    expect((await one.clients.findClient(clientId))?.secretHashes).toEqual([next.hash]);
  });

  it.each<[string, (clientId: string) => Promise<unknown>]>([
    ['a secret is replaced', (clientId) => one.clientRegistry.replaceSecrets(clientId, secret())],
    ['a client is deactivated', (clientId) => one.clientRegistry.updateRegistration(clientId, { active: false })],
    ['a client is deleted', (clientId) => one.clientRegistry.deleteRegistration(clientId)],
    [
      'an operator changes a row by hand',
      (clientId) => admin.query('update oauth_clients set active = false where client_id = $1', [clientId]),
    ],
  ])('is forgotten at the other when %s', async (_what, change) => {
    const clientId = await remembered(other);
    await change(clientId);
    await waitUntil(() => other.clients.rememberedClient?.(clientId) === undefined, { timeoutMillis: 4_000 });
  });

  it('is forgotten when scopes change', async () => {
    const name = 'remembered:scope';
    const scope = { id: 'remembered', tenantDomain: 'carbon.super', name, displayName: '', description: '' };
    await one.sharedScopes.createScope({ ...scope, bindings: ['a'] });
    await waitUntil(async () => (await other.scopes.findScopes('carbon.super', [name])).get(name)?.[0] === 'a');
    await one.sharedScopes.updateScope({ ...scope, bindings: ['b'] });
    expect((await one.scopes.findScopes('carbon.super', [name])).get(name)).toEqual(['b']);
    await waitUntil(async () => (await other.scopes.findScopes('carbon.super', [name])).get(name)?.[0] === 'b', {
      timeoutMillis: 4_000,
    });
  });

  it('is forgotten when all tokens of a user are revoked, which is another epoch', async () => {
    const told: string[] = [];
    other.factChanges.onChange((facts) => told.push(facts));
    await one.tokens.revokeBy({ kind: 'subject', subject: 'remembered@carbon.super' }, Date.now());
    await waitUntil(() => told.includes('users'), { timeoutMillis: 4_000 });
  });

  it('is nothing while notifications are lost, and something again when they are back', async () => {
    const clientId = await remembered(one);
    await admin.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name like '%listener'`);
    await waitUntil(() => !one.factChanges.isHearing);
    expect(one.clients.rememberedClient?.(clientId)).toBeUndefined();
    await waitUntil(async () => {
      await one.clients.findClient(clientId);
      return one.clients.rememberedClient?.(clientId);
    });
  });
});
