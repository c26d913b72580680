import type { Api } from '../../apis/api.js';
import type { ClientCertificate, EndpointCertificate } from '../../certificates/certificate.js';
import type { CertificateStore } from '../../certificates/certificate-store.js';
import { addressOf, endpointUrls, isSameEndpoint } from '../../certificates/endpoint-urls.js';
import { AlreadyExists, NotFound } from '../errors.js';
import { assertStorable } from '../storable.js';
import { inOrder, type MemoryDatabase } from './memory-database.js';

const keyOf = (owner: string, alias: string) => `${owner}\n${alias}`;

export class MemoryCertificateStore implements CertificateStore {
  constructor(private readonly db: MemoryDatabase) {}

  async addClientCertificate(certificate: ClientCertificate, most: number): Promise<boolean> {
    assertStorable(certificate);
    const { apiId, alias } = certificate;
    if (!this.db.apis.has(apiId)) throw new NotFound(`API ${apiId}`);
    if (this.db.certificatesOf(apiId).length >= most) return false;
    if (this.db.clientCertificates.has(keyOf(apiId, alias))) throw new AlreadyExists(`certificate ${alias}`);
    this.db.clientCertificates.set(keyOf(apiId, alias), structuredClone(certificate));
    this.db.appendCatalog('api', apiId);
    return true;
  }

  async listClientCertificates(apiId: string): Promise<ClientCertificate[]> {
    return this.db.certificatesOf(apiId);
  }

  async changeClientCertificate(apiId: string, alias: string, change: { pem?: string; tier?: string }) {
    assertStorable(change);
    const before = this.db.clientCertificates.get(keyOf(apiId, alias));
    if (!before) return false;
    this.db.clientCertificates.set(keyOf(apiId, alias), { ...before, ...change });
    this.db.appendCatalog('api', apiId);
    return true;
  }

  async deleteClientCertificate(apiId: string, alias: string): Promise<boolean> {
    if (!this.db.clientCertificates.delete(keyOf(apiId, alias))) return false;
    this.db.appendCatalog('api', apiId);
    return true;
  }

  async addEndpointCertificate(certificate: EndpointCertificate, most: number): Promise<boolean> {
    assertStorable(certificate);
    const { tenantDomain, alias, endpoint } = certificate;
    if ((await this.listEndpointCertificates(tenantDomain)).length >= most) return false;
    if (this.db.endpointCertificates.has(keyOf(tenantDomain, alias))) throw new AlreadyExists(`certificate ${alias}`);
    this.db.endpointCertificates.set(keyOf(tenantDomain, alias), structuredClone(certificate));
    this.#tellCallers(tenantDomain, endpoint);
    return true;
  }

  async listEndpointCertificates(tenantDomain: string): Promise<EndpointCertificate[]> {
    return [...this.db.endpointCertificates.values()]
      .filter((each) => each.tenantDomain === tenantDomain)
      .sort((a, b) => inOrder(a.alias, b.alias));
  }

  async changeEndpointCertificate(tenantDomain: string, alias: string, pem: string): Promise<boolean> {
    assertStorable(pem);
    const before = this.db.endpointCertificates.get(keyOf(tenantDomain, alias));
    if (!before) return false;
    this.db.endpointCertificates.set(keyOf(tenantDomain, alias), { ...before, pem });
    this.#tellCallers(tenantDomain, before.endpoint);
    return true;
  }

  async deleteEndpointCertificate(tenantDomain: string, alias: string): Promise<boolean> {
    const before = this.db.endpointCertificates.get(keyOf(tenantDomain, alias));
    if (!before) return false;
    this.db.endpointCertificates.delete(keyOf(tenantDomain, alias));
    this.#tellCallers(tenantDomain, before.endpoint);
    return true;
  }

  async findApisByEndpoint(tenantDomain: string, endpoint: string): Promise<Api[]> {
    return [...this.db.apis.values()]
      .filter((api) => api.tenantDomain === tenantDomain)
      .filter(({ body }) => endpointUrls(body.endpointConfig).some((url) => isSameEndpoint(url, endpoint)))
      .sort((a, b) => inOrder(a.name.toLowerCase(), b.name.toLowerCase()) || inOrder(a.version, b.version));
  }

  #tellCallers(tenantDomain: string, endpoint: string): void {
    const address = addressOf(endpoint);
    const callers = [...this.db.deployments.values()].filter(({ apiId, revisionId }) => {
      const urls = endpointUrls(this.db.revisions.get(revisionId)?.body.endpointConfig);
      return this.db.apis.get(apiId)?.tenantDomain === tenantDomain && urls.some((url) => addressOf(url) === address);
    });
    this.db.appendCatalog('api', ...[...new Set(callers.map(({ apiId }) => apiId))].sort());
  }
}
