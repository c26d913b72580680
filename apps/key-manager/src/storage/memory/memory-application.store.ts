import type { Application } from '../../applications/application.js';
import type { ApplicationChange, ApplicationStore } from '../../applications/application-store.js';
import { AlreadyExists, NotFound } from '../errors.js';
import { assertStorable } from '../storable.js';
import { inOrder, type MemoryDatabase } from './memory-database.js';

export class MemoryApplicationStore implements ApplicationStore {
  constructor(private readonly db: MemoryDatabase) {}

  async createApplication(application: Application): Promise<void> {
    assertStorable(application);
    if (this.db.applications.has(application.id)) throw new AlreadyExists(`application ${application.id}`);
    this.#claimName(application);
    this.db.applications.set(application.id, structuredClone(application));
    this.db.appendCatalog('application', application.id);
  }

  async findApplication(id: string): Promise<Application | undefined> {
    return this.db.applications.get(id);
  }

  async listApplications(page: Parameters<ApplicationStore['listApplications']>[0]) {
    const query = page.query?.toLowerCase() ?? '';
    const all = [...this.db.applications.values()]
      .filter(({ tenantDomain, owner }) => tenantDomain === page.tenantDomain && owner === (page.owner ?? owner))
      .filter(({ name }) => name.toLowerCase().includes(query))
      .sort((a, b) => inOrder(a.name.toLowerCase(), b.name.toLowerCase()) || inOrder(a.id, b.id));
    return { applications: all.slice(page.offset, page.offset + page.limit), total: all.length };
  }

  async updateApplication(id: string, change: ApplicationChange): Promise<Application> {
    assertStorable(change);
    const before = this.db.applications.get(id);
    if (before === undefined) throw new NotFound(`application ${id}`);
    const after = { ...before, ...structuredClone(change), updatedAt: this.db.clock.now() };
    this.#claimName(after);
    this.db.applications.set(id, after);
    this.db.appendCatalog('application', id);
    return after;
  }

  async deleteApplication(id: string): Promise<boolean> {
    if (!this.db.applications.has(id)) return false;
    const subscriptions = [...this.db.subscriptions.values()].filter(({ applicationId }) => applicationId === id);
    const clientIds = [...this.db.clients].filter(([, { registration }]) => registration.applicationId === id);
    for (const subscription of subscriptions) this.db.subscriptions.delete(subscription.id);
    for (const [clientId] of clientIds) {
      this.db.revokeClient(clientId, this.db.clock.now());
      this.db.clients.delete(clientId);
    }
    this.db.endForeignKeys((key) => key.applicationId === id);
    this.db.endApiKeys((key) => key.applicationId === id);
    this.db.applications.delete(id);
    this.db.appendCatalog('subscription', ...subscriptions.map((subscription) => subscription.id));
    this.db.appendCatalog('consumer_key', ...clientIds.map(([clientId]) => clientId));
    this.db.appendCatalog('application', id);
    return true;
  }

  #claimName({ id, owner, name }: Application): void {
    const taken = [...this.db.applications.values()].some(
      (other) => other.id !== id && other.owner === owner && other.name === name,
    );
    if (taken) throw new AlreadyExists(`application ${name}`);
  }
}
