import { randomUUID } from 'node:crypto';
import type { Api, ApiBody, Deployment, LifeCycleStatus, Revision } from '../../apis/api.js';
import type { ApiStore, DeployedScope, LifecycleEvent } from '../../apis/api-store.js';
import { isListed } from '../api-visibility.js';
import { AlreadyExists, NotFound } from '../errors.js';
import { localScopes } from '../scope-bindings.js';
import { assertStorable } from '../storable.js';
import { inOrder, type MemoryDatabase } from './memory-database.js';
import { changingBindings } from './memory-scope-bindings.js';

const nameKey = (name: string): string => name.toLowerCase();

export class MemoryApiStore implements ApiStore {
  constructor(private readonly db: MemoryDatabase) {}

  async createApi(api: Api): Promise<void> {
    assertStorable(api);
    for (const other of this.db.apis.values()) {
      if (other.id === api.id) throw new AlreadyExists(`API ${api.id}`);
      if (other.version !== api.version) continue;
      if (other.context === api.context) throw new AlreadyExists(`API with context ${api.context}/${api.version}`);
      if (isNamesake(other, api)) throw new AlreadyExists(`API ${api.name} ${api.version}`);
    }
    this.db.apis.set(api.id, structuredClone(api));
    const { lifeCycleStatus: postState, provider: user, createdAt: at } = api;
    this.db.lifecycle.set(api.id, [{ previousState: null, postState, user, at }]);
    this.#declareScopes(api);
    if (api.isDefaultVersion) this.#makeOnlyDefault(api);
  }

  async findApi(id: string): Promise<Api | undefined> {
    return this.db.apis.get(id);
  }

  async listApis(page: Parameters<ApiStore['listApis']>[0]) {
    const query = nameKey(page.query ?? '');
    const all = [...this.db.apis.values()]
      .filter((api) => api.tenantDomain === page.tenantDomain && nameKey(api.name).includes(query))
      .filter((api) => page.statuses?.includes(api.lifeCycleStatus) ?? true)
      .filter((api) => isListed(api.body, page))
      .sort((a, b) => inOrder(nameKey(a.name), nameKey(b.name)) || inOrder(a.version, b.version));
    return { apis: all.slice(page.offset, page.offset + page.limit), total: all.length };
  }

  async findNamesakes(tenantDomain: string, by: { name: string; context: string }): Promise<Api[]> {
    return [...this.db.apis.values()]
      .filter((api) => api.tenantDomain === tenantDomain)
      .filter((api) => nameKey(api.name) === nameKey(by.name) || api.context === by.context)
      .sort((a, b) => a.createdAt - b.createdAt || inOrder(a.id, b.id));
  }

  async findLocalScopes(tenantDomain: string, names: readonly string[]) {
    const found = [...this.db.apis.values()]
      .filter((api) => api.tenantDomain === tenantDomain)
      .flatMap((api) => localScopes(api.body).map(({ name }) => ({ scope: name, apiName: api.name })))
      .filter(({ scope }) => names.includes(scope));
    return found.sort((a, b) => inOrder(a.scope, b.scope) || inOrder(a.apiName, b.apiName));
  }

  async findDeployedScopes(tenantDomain: string, names: readonly string[]): Promise<DeployedScope[]> {
    const found = [...this.db.deployments.values()].flatMap(({ apiId, revisionId }) => {
      const api = this.db.apis.get(apiId);
      if (api?.tenantDomain !== tenantDomain) return [];
      const scopes = this.db.revisions.get(revisionId)?.body.scopes ?? [];
      return scopes.map(({ scope, shared }) => ({ scope: scope.name, apiName: api.name, shared }));
    });
    return found
      .filter(({ scope }) => names.includes(scope))
      .sort((a, b) => inOrder(a.scope, b.scope) || inOrder(a.apiName, b.apiName));
  }

  async updateApi(id: string, change: { body?: ApiBody; isDefaultVersion?: boolean }): Promise<Api> {
    assertStorable(change);
    const before = this.#api(id);
    const after = { ...before, ...structuredClone(change), updatedAt: this.db.clock.now() };
    this.db.apis.set(id, after);
    if (change.body) this.#declareScopes(after);
    if (after.isDefaultVersion !== before.isDefaultVersion) {
      if (after.isDefaultVersion) this.#makeOnlyDefault(after);
      this.db.appendCatalog('api', id);
    }
    return after;
  }

  async changeLifecycle(id: string, from: LifeCycleStatus, to: LifeCycleStatus, user: string): Promise<boolean> {
    const api = this.db.apis.get(id);
    if (api?.lifeCycleStatus !== from) return false;
    const at = this.db.clock.now();
    this.db.apis.set(id, { ...api, lifeCycleStatus: to, updatedAt: at });
    const history = this.db.lifecycle.get(id) ?? [];
    this.db.lifecycle.set(id, [...history, { previousState: from, postState: to, user, at }]);
    this.db.appendCatalog('api', id);
    return true;
  }

  async lifecycleHistory(id: string): Promise<LifecycleEvent[]> {
    return [...(this.db.lifecycle.get(id) ?? [])];
  }

  async deleteApi(id: string): Promise<boolean> {
    const api = this.db.apis.get(id);
    if (api === undefined) return false;
    this.db.lifecycle.delete(id);
    const gone = this.db.apiScopes.get(id) ?? [];
    changingBindings(this.db, api.tenantDomain, namesOf(gone), () => this.db.apiScopes.delete(id));
    for (const [key, { apiId }] of this.db.deployments) if (apiId === id) this.db.deployments.delete(key);
    for (const [key, { apiId }] of this.db.revisions) if (apiId === id) this.db.revisions.delete(key);
    const subscriptions = [...this.db.subscriptions.values()].filter(({ apiId }) => apiId === id);
    for (const subscription of subscriptions) this.db.subscriptions.delete(subscription.id);
    for (const { alias } of this.db.certificatesOf(id)) this.db.clientCertificates.delete(`${id}\n${alias}`);
    this.db.apis.delete(id);
    this.db.appendCatalog('subscription', ...subscriptions.map((subscription) => subscription.id));
    this.db.appendCatalog('api', id);
    return true;
  }

  async createRevision(apiId: string, description: string): Promise<Revision> {
    assertStorable(description);
    const { body } = this.#api(apiId);
    const number = (this.db.revisionNumbers.get(apiId) ?? 0) + 1;
    const revision = { id: randomUUID(), apiId, number, description, body, createdAt: this.db.clock.now() };
    this.db.revisionNumbers.set(apiId, number);
    this.db.revisions.set(revision.id, revision);
    return revision;
  }

  async findRevision(id: string): Promise<Revision | undefined> {
    return this.db.revisions.get(id);
  }

  async listRevisions(apiId: string): Promise<Revision[]> {
    return [...this.db.revisions.values()].filter((row) => row.apiId === apiId).sort((a, b) => a.number - b.number);
  }

  async deleteRevision(id: string): Promise<boolean> {
    for (const [key, { revisionId }] of this.db.deployments) if (revisionId === id) this.#removeDeployment(key);
    return this.db.revisions.delete(id);
  }

  async deploy(deployment: Deployment): Promise<void> {
    assertStorable(deployment);
    this.#api(deployment.apiId);
    if (this.db.revisions.get(deployment.revisionId)?.apiId !== deployment.apiId) {
      throw new NotFound(`revision ${deployment.revisionId}`);
    }
    this.db.deployments.set(`${deployment.apiId}\n${deployment.environment}`, { ...deployment });
    this.db.appendCatalog('api', deployment.apiId);
  }

  async undeploy(apiId: string, environment: string): Promise<boolean> {
    return this.#removeDeployment(`${apiId}\n${environment}`);
  }

  async listDeployments(apiId: string): Promise<Deployment[]> {
    return [...this.db.deployments.values()]
      .filter((row) => row.apiId === apiId)
      .sort((a, b) => inOrder(a.environment, b.environment));
  }

  #api(id: string): Api {
    const api = this.db.apis.get(id);
    if (api === undefined) throw new NotFound(`API ${id}`);
    return api;
  }

  #removeDeployment(key: string): boolean {
    const deployment = this.db.deployments.get(key);
    if (deployment === undefined) return false;
    this.db.deployments.delete(key);
    this.db.appendCatalog('api', deployment.apiId);
    return true;
  }

  #makeOnlyDefault(api: Api): void {
    for (const other of this.db.apis.values()) {
      if (other.id === api.id || !other.isDefaultVersion || !isNamesake(other, api)) continue;
      this.db.apis.set(other.id, { ...other, isDefaultVersion: false });
      this.db.appendCatalog('api', other.id);
    }
  }

  #declareScopes(api: Api): void {
    const before = new Map(this.db.apiScopes.get(api.id)?.map((declaration) => [declaration.name, declaration]));
    const now = this.db.clock.now();
    const declarations = localScopes(api.body).map(({ name, bindings }) => {
      const known = before.get(name);
      const same = known !== undefined && JSON.stringify(known.bindings) === JSON.stringify(bindings);
      const times = { registeredAt: known?.registeredAt ?? now, changedAt: same ? known.changedAt : now };
      return { name, apiNameKey: nameKey(api.name), bindings, ...times };
    });
    const names = namesOf([...before.values(), ...declarations]);
    changingBindings(this.db, api.tenantDomain, names, () => this.db.apiScopes.set(api.id, declarations));
  }
}

const namesOf = (declarations: readonly { readonly name: string }[]) => declarations.map(({ name }) => name);

function isNamesake(one: Api, other: Api): boolean {
  return one.tenantDomain === other.tenantDomain && nameKey(one.name) === nameKey(other.name);
}
