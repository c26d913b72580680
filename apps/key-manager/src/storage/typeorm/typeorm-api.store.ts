import { randomUUID } from 'node:crypto';
import type { Api, ApiBody, Deployment, LifeCycleStatus, Revision } from '../../apis/api.js';
import type { ApiStore, DeployedScope, LifecycleEvent } from '../../apis/api-store.js';
import type { Clock } from '../../oauth2/ports.js';
import { NotFound } from '../errors.js';
import { localScopes } from '../scope-bindings.js';
import { assertStorable, isStorable } from '../storable.js';
import { listApis } from './api-list.js';
import { declareScopes, nameKey, toApi, toApiRow, toDeployment, toRevision } from './api-rows.js';
import { type Database, plain, type Session, unlessTaken } from './database.js';
import {
  type ApiRow,
  apiEntity,
  apiScopeEntity,
  deploymentEntity,
  lifecycleEntity,
  revisionEntity,
} from './entities/api.entity.js';
import { clientCertificateEntity } from './entities/certificate.entity.js';
import { subscriptionEntity } from './entities/subscription.entity.js';
import { appendCatalog } from './feed-numbers.js';
import { changingBindings } from './scope-bindings-in-force.js';

const api = (id: string) => ({ entity: 'api' as const, id });

export class TypeOrmApiStore implements ApiStore {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  async createApi(created: Api): Promise<void> {
    assertStorable(created);
    const { id, tenantDomain, lifeCycleStatus: postState, provider: userName, createdAt: at } = created;
    const work = this.db.transaction((session) =>
      this.#changingScopes(session, created, [created.body], async () => {
        const touched = created.isDefaultVersion ? await takeDefaultFlag(session, created) : [];
        await session.table(apiEntity).insert(plain(toApiRow(created, 0)));
        await session
          .table(lifecycleEntity)
          .insert({ apiId: id, tenantDomain, previousState: null, postState, userName, at });
        await declareScopes(session, created, this.clock.now());
        await appendCatalog(session, this.clock.now(), touched.map(api));
      }),
    );
    await unlessTaken(`API ${created.name} ${created.version} or context ${created.context}`, work);
  }

  async findApi(id: string): Promise<Api | undefined> {
    const row = await this.db.find(null, (session) => session.table(apiEntity).findOneBy({ id }));
    return row === null ? undefined : toApi(row);
  }

  listApis(page: Parameters<ApiStore['listApis']>[0]): Promise<{ apis: Api[]; total: number }> {
    return this.db.find<{ apis: Api[]; total: number }>({ apis: [], total: 0 }, (session) => listApis(session, page));
  }

  async findNamesakes(tenantDomain: string, by: { name: string; context: string }): Promise<Api[]> {
    const where = [
      { tenantDomain, nameKey: nameKey(by.name) },
      { tenantDomain, context: by.context },
    ];
    const order = { createdAt: 'ASC', id: 'ASC' } as const;
    const rows = await this.db.find([], (session) => session.table(apiEntity).find({ where, order }));
    return rows.map(toApi);
  }

  findLocalScopes(tenantDomain: string, names: readonly string[]): Promise<{ scope: string; apiName: string }[]> {
    return this.db.find([], (session) =>
      session.rows(
        `select s.name as scope, a.name as "apiName" from api_scopes s join apis a on a.id = s.api_id
         where s.tenant_domain = $1 and s.name = any($2::text[]) order by s.name, a.name, a.id`,
        [tenantDomain, names.filter(isStorable)],
      ),
    );
  }

  findDeployedScopes(tenantDomain: string, names: readonly string[]): Promise<DeployedScope[]> {
    return this.db.find([], (session) =>
      session.rows(
        `select entry -> 'scope' ->> 'name' as scope, a.name as "apiName", entry -> 'shared' = 'true' as shared
         from api_deployments d join apis a on a.id = d.api_id join api_revisions r on r.id = d.revision_id
           cross join jsonb_array_elements(r.body -> 'scopes') as entry
         where d.tenant_domain = $1 and entry -> 'scope' ->> 'name' = any($2::text[])
         order by 1, a.name, a.id`,
        [tenantDomain, names.filter(isStorable)],
      ),
    );
  }

  updateApi(id: string, change: { body?: ApiBody; isDefaultVersion?: boolean }): Promise<Api> {
    assertStorable(change);
    return this.db.transaction(async (session) => {
      // All versions first, in one order: two versions that take the flag at once must not wait in a circle.
      const touched = change.isDefaultVersion ? await takeDefaultFlag(session, await requireApi(session, id), id) : [];
      const before = await lockApi(session, id);
      const after = { ...before, ...change, updatedAt: this.clock.now() };
      if (after.isDefaultVersion !== before.isDefaultVersion) touched.push(id);
      return this.#changingScopes(session, before, change.body ? [before.body, change.body] : [], async () => {
        await session.table(apiEntity).update({ id }, plain(after));
        if (change.body) await declareScopes(session, toApi(after), this.clock.now());
        await appendCatalog(session, this.clock.now(), touched.map(api));
        return toApi(after);
      });
    });
  }

  changeLifecycle(id: string, from: LifeCycleStatus, to: LifeCycleStatus, user: string): Promise<boolean> {
    assertStorable(user);
    return this.db.transaction(async (session) => {
      const at = this.clock.now();
      const where = { id, lifeCycleStatus: from };
      const { affected } = await session.table(apiEntity).update(where, { lifeCycleStatus: to, updatedAt: at });
      if (affected !== 1) return false;
      const { tenantDomain } = await requireApi(session, id);
      const line = { apiId: id, tenantDomain, previousState: from, postState: to, userName: user, at };
      await session.table(lifecycleEntity).insert(line);
      await appendCatalog(session, at, [api(id)]);
      return true;
    });
  }

  async lifecycleHistory(id: string): Promise<LifecycleEvent[]> {
    const order = { id: 'ASC' } as const;
    const rows = await this.db.find([], (session) =>
      session.table(lifecycleEntity).find({ where: { apiId: id }, order }),
    );
    return rows.map(({ previousState, postState, userName: user, at }) => ({ previousState, postState, user, at }));
  }

  deleteApi(id: string): Promise<boolean> {
    return this.db.transaction(async (session) => {
      const lock = { mode: 'pessimistic_write' } as const;
      const row = await session.table(apiEntity).findOne({ where: { id }, lock });
      if (row === null) return false;
      return this.#changingScopes(session, row, [row.body], async () => {
        const where = { apiId: id };
        const subscriptions = await session.table(subscriptionEntity).find({ select: { id: true }, where });
        const parts = [
          subscriptionEntity,
          deploymentEntity,
          revisionEntity,
          lifecycleEntity,
          apiScopeEntity,
          clientCertificateEntity,
        ];
        for (const part of parts) await session.table<{ apiId: string }>(part).delete(where);
        await session.table(apiEntity).delete({ id });
        const removed = subscriptions.map((subscription) => ({ entity: 'subscription' as const, id: subscription.id }));
        await appendCatalog(session, this.clock.now(), [...removed, api(id)]);
        return true;
      });
    });
  }

  createRevision(apiId: string, description: string): Promise<Revision> {
    assertStorable(description);
    return this.db.transaction(async (session) => {
      const { tenantDomain, body, lastRevision } = await lockApi(session, apiId);
      const number = lastRevision + 1;
      const revision = { id: randomUUID(), apiId, number, description, body, createdAt: this.clock.now() };
      await session.table(apiEntity).update({ id: apiId }, { lastRevision: number });
      await session.table(revisionEntity).insert(plain({ ...revision, tenantDomain }));
      return revision;
    });
  }

  async findRevision(id: string): Promise<Revision | undefined> {
    const row = await this.db.find(null, (session) => session.table(revisionEntity).findOneBy({ id }));
    return row === null ? undefined : toRevision(row);
  }

  async listRevisions(apiId: string): Promise<Revision[]> {
    const order = { number: 'ASC' } as const;
    const rows = await this.db.find([], (session) => session.table(revisionEntity).find({ where: { apiId }, order }));
    return rows.map(toRevision);
  }

  deleteRevision(id: string): Promise<boolean> {
    return this.db.transaction(async (session) => {
      const revision = await session.table(revisionEntity).findOneBy({ id });
      if (revision === null) return false;
      await lockApi(session, revision.apiId);
      const { affected } = await session.table(deploymentEntity).delete({ revisionId: id });
      await session.table(revisionEntity).delete({ id });
      if (affected) await appendCatalog(session, this.clock.now(), [api(revision.apiId)]);
      return true;
    });
  }

  async deploy(deployment: Deployment): Promise<void> {
    assertStorable(deployment);
    const { apiId, environment, vhost, revisionId, displayOnDevportal, deployedAt } = deployment;
    await this.db.transaction(async (session) => {
      const { tenantDomain } = await lockApi(session, apiId);
      const revision = await session.table(revisionEntity).findOneBy({ id: revisionId, apiId });
      if (revision === null) throw new NotFound(`revision ${revisionId}`);
      const row = { apiId, environment, tenantDomain, vhost, revisionId, displayOnDevportal, deployedAt };
      await session.table(deploymentEntity).upsert(row, ['apiId', 'environment']);
      await appendCatalog(session, this.clock.now(), [api(apiId)]);
    });
  }

  undeploy(apiId: string, environment: string): Promise<boolean> {
    return this.db.transaction(async (session) => {
      const { affected } = await session.table(deploymentEntity).delete({ apiId, environment });
      if (affected !== 1) return false;
      await appendCatalog(session, this.clock.now(), [api(apiId)]);
      return true;
    });
  }

  async listDeployments(apiId: string): Promise<Deployment[]> {
    const order = { environment: 'ASC' } as const;
    const rows = await this.db.find([], (session) => session.table(deploymentEntity).find({ where: { apiId }, order }));
    return rows.map(toDeployment);
  }

  /** `change` appends to the catalogue itself: its number comes before those of the revocations. */
  #changingScopes<T>(
    session: Session,
    { tenantDomain }: Pick<Api, 'tenantDomain'>,
    bodies: readonly ApiBody[],
    change: () => Promise<T>,
  ): Promise<T> {
    const names = [...new Set(bodies.flatMap(localScopes).map(({ name }) => name))];
    return changingBindings(session, { now: this.clock.now(), tenantDomain, names }, change);
  }
}

async function requireApi(session: Session, id: string): Promise<ApiRow> {
  const row = await session.table(apiEntity).findOneBy({ id });
  if (row === null) throw new NotFound(`API ${id}`);
  return row;
}

async function lockApi(session: Session, id: string): Promise<ApiRow> {
  const lock = { mode: 'for_no_key_update' } as const;
  const row = await session.table(apiEntity).findOne({ where: { id }, lock });
  if (row === null) throw new NotFound(`API ${id}`);
  return row;
}

/** Takes the default flag from the other versions and answers which had it. */
async function takeDefaultFlag(
  session: Session,
  of: Pick<Api, 'tenantDomain' | 'name'>,
  keeper = '',
): Promise<string[]> {
  const versions = await session.rows<{ id: string; is_default_version: boolean }>(
    `select id, is_default_version from apis where tenant_domain = $1 and name_key = $2 order by id for no key update`,
    [of.tenantDomain, nameKey(of.name)],
  );
  const touched = versions.filter((row) => row.is_default_version && row.id !== keeper).map(({ id }) => id);
  await session.changed('update apis set is_default_version = false where id = any($1::text[])', [touched]);
  return touched;
}
