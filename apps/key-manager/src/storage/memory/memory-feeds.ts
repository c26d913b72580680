import type {
  CatalogEvent,
  CatalogFeed,
  CommitSignal,
  DeployedApi,
  RevocationFeed,
  RevocationRecord,
} from '../feeds.js';
import { inOrder, type MemoryDatabase } from './memory-database.js';

export class MemoryCatalogFeed implements CatalogFeed {
  constructor(private readonly db: MemoryDatabase) {}

  async revision(): Promise<number> {
    return this.db.catalogRevision;
  }

  async eventsSince(revision: number, limit: number): Promise<CatalogEvent[] | undefined> {
    const { catalogEvents, catalogRevision } = this.db;
    const oldest = catalogEvents[0]?.revision ?? catalogRevision + 1;
    if (revision > catalogRevision || revision < oldest - 1) return undefined;
    return catalogEvents
      .filter((event) => event.revision > revision)
      .slice(0, limit)
      .map(({ at: _, ...event }) => event);
  }

  async snapshot(environment: string) {
    const deployments = [...this.db.deployments.values()].filter(
      (deployment) => deployment.environment === environment,
    );
    return {
      revision: this.db.catalogRevision,
      apis: deployments.flatMap(({ apiId }) => this.#deployed(apiId, environment) ?? []),
      applications: [...this.db.applications.values()],
      consumerKeys: [...this.db.clients.values()].map(({ registration }) => registration),
      subscriptions: [...this.db.subscriptions.values()],
      throttlingPolicies: [...this.db.policies.values()],
      denyRules: [...this.db.denyRules.values()],
      keyManagers: [...this.db.keyManagers.values()],
      foreignKeys: [...this.db.foreignKeys.values()],
      signingKeys: [...this.db.signingKeys.values()].filter(({ state }) => state !== 'removed'),
    };
  }

  async findDeployedApi(apiId: string, environment: string): Promise<DeployedApi | undefined> {
    return this.#deployed(apiId, environment);
  }

  #deployed(apiId: string, environment: string): DeployedApi | undefined {
    const api = this.db.apis.get(apiId);
    const deployment = this.db.deployments.get(`${apiId}\n${environment}`);
    const revision = deployment && this.db.revisions.get(deployment.revisionId);
    if (!api || !deployment || !revision || api.lifeCycleStatus === 'RETIRED') return undefined;
    const endpoints = [...this.db.endpointCertificates.values()]
      .filter(({ tenantDomain }) => tenantDomain === api.tenantDomain)
      .sort((a, b) => inOrder(a.alias, b.alias));
    return { api, revision, deployment, certificates: { client: this.db.certificatesOf(apiId), endpoints } };
  }
}

export class MemoryRevocationFeed implements RevocationFeed {
  constructor(private readonly db: MemoryDatabase) {}

  async seq(): Promise<number> {
    return this.db.revocationSeq;
  }

  async revocationsSince(seq: number, limit: number): Promise<RevocationRecord[] | undefined> {
    const { revocations, revocationSeq } = this.db;
    const oldest = revocations[0]?.seq ?? revocationSeq + 1;
    if (seq > revocationSeq || seq < oldest - 1) return undefined;
    return revocations
      .filter((record) => record.seq > seq)
      .slice(0, limit)
      .map(({ at: _, ...record }) => record);
  }
}

export class MemoryCommitSignal implements CommitSignal {
  constructor(private readonly db: MemoryDatabase) {}

  onCommit(listener: (feed: 'catalog' | 'revocations') => void): () => void {
    // A wrapper, so that the same function can listen twice and each stop is its own.
    const own = (feed: 'catalog' | 'revocations') => listener(feed);
    this.db.listeners.add(own);
    return () => this.db.listeners.delete(own);
  }
}
