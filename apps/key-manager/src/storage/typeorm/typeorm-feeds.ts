import type { RevocationTarget } from '../../oauth2/model.js';
import type {
  CatalogEntity,
  CatalogEvent,
  CatalogFeed,
  DeployedApi,
  RevocationFeed,
  RevocationRecord,
} from '../feeds.js';
import { toApi, toDeployment, toRevision } from './api-rows.js';
import type { Database, Session } from './database.js';
import { apiEntity, deploymentEntity, revisionEntity } from './entities/api.entity.js';
import { applicationEntity, clientEntity } from './entities/application.entity.js';
import { keyManagerEntity } from './entities/key-manager.entity.js';
import { denyRuleEntity, policyEntity } from './entities/policy.entity.js';
import { subscriptionEntity } from './entities/subscription.entity.js';
import { toApplication } from './typeorm-application.store.js';
import { certificatesOf } from './typeorm-certificate.store.js';
import { toRegistration } from './typeorm-client.store.js';
import { toDenyRule } from './typeorm-deny-rule.store.js';
import { foreignKeys } from './typeorm-foreign-key.store.js';
import { toPolicy } from './typeorm-policy.store.js';
import { publishedKeys } from './typeorm-signing-key.store.js';

type FeedName = 'catalog' | 'revocations';

export class TypeOrmCatalogFeed implements CatalogFeed {
  constructor(private readonly db: Database) {}

  revision(): Promise<number> {
    return this.db.run((session) => lastNumber(session, 'catalog'));
  }

  async eventsSince(revision: number, limit: number): Promise<CatalogEvent[] | undefined> {
    return this.db.snapshot(async (session) => {
      const rows = await session.rows<{ revision: number; entity: CatalogEntity; entity_id: string }>(
        'select revision, entity, entity_id from catalog_events where revision > $1 order by revision limit $2',
        [revision, limit],
      );
      const events = rows.map(({ entity_id: id, ...row }) => ({ revision: row.revision, entity: row.entity, id }));
      return (await follows(session, 'catalog', revision, events[0]?.revision)) ? events : undefined;
    });
  }

  snapshot(environment: string) {
    return this.db.snapshot(async (session) => ({
      revision: await lastNumber(session, 'catalog'),
      apis: await deployedApis(session, { environment }),
      applications: (await session.table(applicationEntity).find()).map(toApplication),
      consumerKeys: (await session.table(clientEntity).find()).map(toRegistration),
      subscriptions: await session.table(subscriptionEntity).find(),
      throttlingPolicies: (await session.table(policyEntity).find()).map(toPolicy),
      denyRules: (await session.table(denyRuleEntity).find()).map(toDenyRule),
      keyManagers: await session.table(keyManagerEntity).find(),
      foreignKeys: await foreignKeys(session, '', []),
      signingKeys: await publishedKeys(session),
    }));
  }

  findDeployedApi(apiId: string, environment: string): Promise<DeployedApi | undefined> {
    return this.db.snapshot(async (session) => (await deployedApis(session, { apiId, environment }))[0]);
  }
}

export class TypeOrmRevocationFeed implements RevocationFeed {
  constructor(private readonly db: Database) {}

  seq(): Promise<number> {
    return this.db.run((session) => lastNumber(session, 'revocations'));
  }

  async revocationsSince(seq: number, limit: number): Promise<RevocationRecord[] | undefined> {
    return this.db.snapshot(async (session) => {
      const rows = await session.rows<RevocationColumns>(
        `select seq, kind, token_hash, target_id, revoked_at, expires_at
         from revocations where seq > $1 order by seq limit $2`,
        [seq, limit],
      );
      return (await follows(session, 'revocations', seq, rows[0]?.seq)) ? rows.map(toRecord) : undefined;
    });
  }
}

/** Whether nothing is missing between `number` and `next`, the first entry after it. */
async function follows(session: Session, feed: FeedName, number: number, next: number | undefined): Promise<boolean> {
  if (next !== undefined) return next === number + 1;
  return (await lastNumber(session, feed)) === number;
}

async function lastNumber(session: Session, feed: FeedName): Promise<number> {
  const row = await session.row<{ value: number }>('select value from counters where name = $1', [feed]);
  return row?.value ?? 0;
}

async function deployedApis(session: Session, where: { apiId?: string; environment: string }): Promise<DeployedApi[]> {
  const deployments = await session.table(deploymentEntity).findBy(where);
  const apis = await byId(
    session,
    apiEntity,
    deployments.map(({ apiId }) => apiId),
  );
  const revisions = await byId(
    session,
    revisionEntity,
    deployments.map(({ revisionId }) => revisionId),
  );
  const certificates = await certificatesOf(session, [...apis.values()]);
  return deployments.flatMap((deployment) => {
    const api = apis.get(deployment.apiId);
    const revision = revisions.get(deployment.revisionId);
    if (!api || !revision || api.lifeCycleStatus === 'RETIRED') return [];
    const facts = { api: toApi(api), revision: toRevision(revision), deployment: toDeployment(deployment) };
    return [{ ...facts, certificates: certificates(api) }];
  });
}

async function byId<Row extends { id: string }>(
  session: Session,
  entity: Parameters<typeof session.table<Row>>[0],
  ids: readonly string[],
): Promise<Map<string, Row>> {
  // One array parameter: a list of parameters ends at 65,535.
  const query = session.table(entity).createQueryBuilder('t').where('t.id = any(:ids)', { ids });
  return new Map((await query.getMany()).map((row) => [row.id, row]));
}

interface RevocationColumns {
  seq: number;
  kind: RevocationTarget['kind'];
  token_hash: Buffer | null;
  target_id: string | null;
  revoked_at: number;
  expires_at: number | null;
}

function toRecord({ seq, revoked_at, expires_at, ...row }: RevocationColumns): RevocationRecord {
  const expiry = expires_at === null ? {} : { expiresAt: expires_at };
  return { seq, target: toTarget(row), revokedAt: revoked_at, ...expiry };
}

function toTarget({
  kind,
  token_hash,
  target_id,
}: Pick<RevocationColumns, 'kind' | 'token_hash' | 'target_id'>): RevocationTarget {
  const id = target_id ?? '';
  if (kind === 'grant') return { kind, grantId: id };
  if (kind === 'client') return { kind, clientId: id };
  return kind === 'subject' ? { kind, subject: id } : { kind, hash: token_hash ?? Buffer.alloc(0) };
}
