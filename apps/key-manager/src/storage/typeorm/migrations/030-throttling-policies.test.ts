import { createLogger } from '@keygate/common/logging';
import { type RunningPostgres, startPostgres } from '@keygate/common/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { defaultPolicies } from '../../../policies/default-policies.js';
import type { Storage } from '../../../storage/storage.js';
import { openStorage } from '../../open-storage.js';
import { allMigrations } from './all-migrations.js';

const own = 'ThrottlingPolicies1764000030000';
let postgres: RunningPostgres;
let storage: Storage;

beforeAll(async () => {
  postgres = await startPostgres();
  const client = new Client({ connectionString: postgres.url });
  await client.connect();
  await client.query('create table schema_migrations (id serial primary key, timestamp bigint, name varchar)');
  const migrations = allMigrations.map((Migration) => new Migration());
  for (const { name, statements } of migrations.slice(
    0,
    migrations.findIndex((each) => each.name === own),
  )) {
    for (const statement of statements) await client.query(statement);
    await client.query('insert into schema_migrations (timestamp, name) values ($1, $2)', [name.slice(-13), name]);
  }
  await client.query(`insert into tenants values ('carbon.super', true, 1), ('tenant1.com', true, 1)`);
  const insert = `insert into throttling_policies (id, tenant_domain, level, name, display_name, description, quota,
    stop_on_quota_reach, billing_plan) values ($1, 'carbon.super', $2, $3, $3, $4, $5, true, 'FREE')`;
  for (const { id, level, name, description, defaultLimit } of defaultPolicies('carbon.super')) {
    if (defaultLimit.type === 'EVENTCOUNTLIMIT') continue;
    const quota = defaultLimit.type === 'AIAPIQUOTALIMIT' ? defaultLimit.aiApiQuota : undefined;
    const count = quota ?? (defaultLimit.type === 'REQUESTCOUNTLIMIT' ? defaultLimit.requestCount : undefined);
    // That is how unlimited was kept.
    await client.query(insert, [id, level, name, description, name === 'Unlimited' ? null : count]);
  }
  await client.end();
  const logger = createLogger({ name: 'test', level: 'silent', format: 'json' });
  const options = { databaseUrl: postgres.url, dataDir: '', poolSize: 3, logger, caseSensitiveUserNames: false };
  storage = await openStorage(options);
});
afterAll(async () => {
  await storage?.close();
  await postgres?.stop();
});

it('tiers of an older database become those that a new tenant gets, with the same ids', async () => {
  const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
  for (const level of ['application', 'subscription', 'advanced'] as const) {
    const expected = defaultPolicies('carbon.super').filter((policy) => policy.level === level);
    expect(await storage.policies.listPolicies('carbon.super', level)).toEqual(expected.sort(byName));
  }
  const streaming = (await storage.policies.listPolicies('tenant1.com', 'subscription')).map(({ name }) => name);
  expect(streaming).toHaveLength(9);
});
