import type { Application } from '../../applications/application.js';
import type { ApplicationChange, ApplicationStore } from '../../applications/application-store.js';
import type { Clock } from '../../oauth2/ports.js';
import { NotFound } from '../errors.js';
import { assertStorable } from '../storable.js';
import { endApplicationApiKeys } from './api-key-rows.js';
import { type Database, unlessTaken } from './database.js';
import { type ApplicationRow, applicationEntity, clientEntity } from './entities/application.entity.js';
import { subscriptionEntity } from './entities/subscription.entity.js';
import { appendCatalog, appendRevocations } from './feed-numbers.js';
import { deleteClients } from './typeorm-client.store.js';
import { deleteForeignKeys } from './typeorm-foreign-key.store.js';

export class TypeOrmApplicationStore implements ApplicationStore {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  async createApplication(application: Application): Promise<void> {
    assertStorable(application);
    const work = this.db.transaction(async (session) => {
      await session.table(applicationEntity).insert(toApplicationRow(application));
      await appendCatalog(session, this.clock.now(), [{ entity: 'application', id: application.id }]);
    });
    await unlessTaken(`application ${application.name}`, work);
  }

  async findApplication(id: string): Promise<Application | undefined> {
    const row = await this.db.find(null, (session) => session.table(applicationEntity).findOneBy({ id }));
    return row === null ? undefined : toApplication(row);
  }

  async listApplications(page: Parameters<ApplicationStore['listApplications']>[0]) {
    const [rows, total] = await this.db.find<[ApplicationRow[], number]>([[], 0], (session) => {
      const query = session.table(applicationEntity).createQueryBuilder('a');
      query.where('a.tenantDomain = :tenantDomain', { tenantDomain: page.tenantDomain });
      if (page.owner !== undefined) query.andWhere('a.owner = :owner', { owner: page.owner });
      if (page.query) query.andWhere('strpos(a.nameKey, :part) > 0', { part: page.query.toLowerCase() });
      query.orderBy('a.nameKey').addOrderBy('a.id');
      return query.offset(page.offset).limit(page.limit).getManyAndCount();
    });
    return { applications: rows.map(toApplication), total };
  }

  async updateApplication(id: string, change: ApplicationChange): Promise<Application> {
    assertStorable(change);
    const work = this.db.transaction(async (session) => {
      const lock = { mode: 'pessimistic_write' } as const;
      const before = await session.table(applicationEntity).findOne({ where: { id }, lock });
      if (before === null) throw new NotFound(`application ${id}`);
      const after = { ...toApplication(before), ...change, updatedAt: this.clock.now() };
      await session.table(applicationEntity).update({ id }, toApplicationRow(after));
      await appendCatalog(session, this.clock.now(), [{ entity: 'application', id }]);
      return after;
    });
    return unlessTaken(`application ${change.name}`, work);
  }

  deleteApplication(id: string): Promise<boolean> {
    return this.db.transaction(async (session) => {
      const lock = { mode: 'pessimistic_write' } as const;
      // From here on nobody can add a key or a subscription: both lock this row first.
      const row = await session.table(applicationEntity).findOne({ where: { id }, lock });
      if (row === null) return false;
      const where = { applicationId: id };
      const keys = await session.table(clientEntity).find({ select: { clientId: true }, where });
      const clientIds = keys.map(({ clientId }) => clientId);
      const now = this.clock.now();
      const ended = [...(await deleteClients(session, clientIds, now)), ...(await endApplicationApiKeys(session, id))];
      const subscriptions = await session.table(subscriptionEntity).find({ select: { id: true }, where });
      await session.table(subscriptionEntity).delete(where);
      const foreign = await deleteForeignKeys(session, id);
      await session.table(applicationEntity).delete({ id });
      await appendCatalog(session, now, [
        ...subscriptions.map((subscription) => ({ entity: 'subscription' as const, id: subscription.id })),
        ...clientIds.map((clientId) => ({ entity: 'consumer_key' as const, id: clientId })),
        ...foreign,
        { entity: 'application', id },
      ]);
      await appendRevocations(session, { revokedAt: now, now }, ended);
      return true;
    });
  }
}

function toApplicationRow(application: Application): ApplicationRow {
  return { ...application, nameKey: application.name.toLowerCase() };
}

export function toApplication({ nameKey: _, ...application }: ApplicationRow): Application {
  return application;
}
