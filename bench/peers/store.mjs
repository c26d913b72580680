// Saves tokens straight into the database: through the token store of a built checkout, or through TypeORM's `save`.
// Started by bench/parts/store.mjs; works one order at a time.
import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DataSource, EntitySchema } from 'typeorm';

const { checkout, databaseUrl, clientId } = JSON.parse(process.env.BENCH_SETTINGS);
const from = (path) => import(pathToFileURL(join(checkout, path)).href);
const { openStorage } = await from('apps/key-manager/dist/storage/open-storage.js');
const { createLogger } = await from('libs/common/dist/logging/index.js');

const bigint = { type: 'bigint', nullable: true };
const text = { type: 'text', nullable: true };
const grants = new EntitySchema({
  name: 'grants',
  columns: {
    id: { type: 'text', primary: true },
    tenant_domain: text,
    client_id: text,
    kind: text,
    client_epoch: bigint,
    subject_epoch: bigint,
    created_at: bigint,
    expires_at: bigint,
    sweep_after: bigint,
  },
});
const accessTokens = new EntitySchema({
  name: 'access_tokens',
  columns: {
    hash: { type: 'bytea', primary: true },
    grant_id: text,
    scope: text,
    issued_at: bigint,
    expires_at: bigint,
    revoked: { type: 'boolean' },
  },
});

const logger = createLogger({ name: 'bench', level: 'warn', format: 'json' });
const storage = await openStorage({ databaseUrl, dataDir: '', poolSize: 20, logger, caseSensitiveUserNames: false });
const dataSource = new DataSource({
  type: 'postgres',
  url: databaseUrl,
  poolSize: 20,
  entities: [grants, accessTokens],
  synchronize: false,
});
await dataSource.initialize();
const [{ token_epoch: epoch }] = await dataSource.query('select token_epoch from oauth_clients where client_id = $1', [
  clientId,
]);

const hour = 3_600_000;
const scope = ['am_application_scope', 'default'];
const grantRow = (id, now) => ({
  id,
  tenant_domain: 'carbon.super',
  client_id: clientId,
  kind: 'APPLICATION',
  client_epoch: epoch,
  subject_epoch: 0,
  created_at: now,
  expires_at: now + 8_760 * hour,
  sweep_after: now + hour,
});
const tokenRow = (id, now) => ({
  hash: randomBytes(32),
  grant_id: id,
  scope: scope.join(' '),
  issued_at: now,
  expires_at: now + hour,
  revoked: false,
});

const ways = {
  /** What the key manager does. */
  store() {
    const now = Date.now();
    const grant = { id: randomUUID(), clientId, tenantDomain: 'carbon.super', kind: 'APPLICATION', createdAt: now };
    const accessToken = { hash: randomBytes(32), scope, issuedAt: now, expiresAt: now + hour };
    return storage.tokens.saveTokens({ grant: { ...grant, expiresAt: now + 8_760 * hour }, accessToken });
  },
  /** The same two rows by `save`, in one transaction. */
  save() {
    const now = Date.now();
    const id = randomUUID();
    return dataSource.transaction(async (manager) => {
      await manager.save(grants, grantRow(id, now));
      await manager.save(accessTokens, tokenRow(id, now));
    });
  },
  /** Half the work: only the row of the token. */
  saveOne: () => dataSource.manager.save(accessTokens, tokenRow(randomUUID(), Date.now())),
};

process.on('message', async ({ way, seconds, concurrency }) => {
  let count = 0;
  const began = performance.now();
  const cpu = process.cpuUsage();
  const loop = async () => {
    for (; performance.now() - began < seconds * 1_000; count++) await ways[way]();
  };
  await Promise.all(Array.from({ length: concurrency }, loop));
  const { user, system } = process.cpuUsage(cpu);
  process.send({ count, seconds: (performance.now() - began) / 1_000, cpuSeconds: (user + system) / 1e6 });
});
process.on('disconnect', () => process.exit());
process.on('SIGTERM', () => process.exit());
process.send({ ready: true });
