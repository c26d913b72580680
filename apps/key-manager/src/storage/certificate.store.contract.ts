import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { AlreadyExists, InvalidValue, NotFound } from './errors.js';
import { api, apiBody, type Subject } from './fixtures.contract.js';

const some = (what: string) => `${what}-${randomBytes(5).toString('hex')}`;

export function certificateStoreContract({ storage, clock }: Subject): void {
  const store = () => storage().certificates;
  const changes = async (work: () => Promise<unknown>) => {
    const before = await storage().catalogFeed.revision();
    await work();
    return ((await storage().catalogFeed.eventsSince(before, 100)) ?? []).map(({ entity, id }) => `${entity} ${id}`);
  };

  /** A deployed API that calls these URLs. */
  async function deployed(...urls: string[]) {
    const [first, ...failovers] = urls.map((url) => ({ url }));
    const endpointConfig = { production_endpoints: first, sandbox_failovers: failovers };
    const made = api({ body: apiBody({ endpointConfig }) });
    await storage().apis.createApi(made);
    const { id: revisionId } = await storage().apis.createRevision(made.id, '');
    const where = { apiId: made.id, environment: 'Default', vhost: 'localhost', displayOnDevportal: true };
    await storage().apis.deploy({ ...where, revisionId, deployedAt: clock.now() });
    const found = async () => (await storage().catalogFeed.findDeployedApi(made.id, 'Default'))?.certificates;
    return { made, found, told: `api ${made.id}` };
  }
  const ofClient = (apiId: string, alias = some('alias')) => ({
    ...{ apiId, tenantDomain: 'carbon.super', alias, pem: 'pem', tier: 'Gold', createdAt: clock.now() },
  });
  const ofEndpoint = (endpoint: string, tenantDomain = 'carbon.super') => ({
    ...{ tenantDomain, alias: some('alias'), endpoint, pem: 'pem', createdAt: clock.now() },
  });

  it('keeps certificates of clients, and tells gateways', async () => {
    const { made, found, told } = await deployed('https://a.example.com');
    const first = { ...ofClient(made.id, 'a'), keyType: 'SANDBOX' as const };
    expect(await changes(() => store().addClientCertificate(first, 2))).toEqual([told]);
    await expect(store().addClientCertificate(first, 2)).rejects.toThrow(AlreadyExists);
    const many = ['b', 'c', 'd'].map((alias) => store().addClientCertificate(ofClient(made.id, alias), 2));
    expect((await Promise.all(many)).filter(Boolean)).toHaveLength(1);
    expect((await store().listClientCertificates(made.id))[0]).toEqual(first);
    expect((await found())?.client).toHaveLength(2);
    const { apis } = await storage().catalogFeed.snapshot('Default');
    expect(apis.find(({ api: { id } }) => id === made.id)?.certificates?.client).toContainEqual(first);
    const change = { pem: 'other', tier: 'Silver' };
    expect(await changes(() => store().changeClientCertificate(made.id, 'a', change))).toEqual([told]);
    expect((await store().listClientCertificates(made.id))[0]).toEqual({ ...first, ...change });
    expect(await store().changeClientCertificate(made.id, 'none', change)).toBe(false);
    expect(await changes(() => store().deleteClientCertificate(made.id, 'a'))).toEqual([told]);
    expect(await store().deleteClientCertificate(made.id, 'a')).toBe(false);
    await storage().apis.deleteApi(made.id);
    expect(await store().listClientCertificates(made.id)).toEqual([]);
    await expect(store().addClientCertificate(ofClient(made.id), 2)).rejects.toThrow(NotFound);
    await expect(store().addClientCertificate(ofClient('x', 'nul\0'), 2)).rejects.toThrow(InvalidValue);
  });

  it('keeps certificates of backends, and tells the gateways of those that call them', async () => {
    const host = `${some('host')}.example.com`;
    const near = await deployed('http://elsewhere.example.com', `https://${host.toUpperCase()}/v1`);
    await deployed(`https://${host}:8443`, `http://${host}`);
    const given = ofEndpoint(`https://${host}`);
    expect(await changes(() => store().addEndpointCertificate(given, 1_000))).toEqual([near.told]);
    await expect(store().addEndpointCertificate(given, 1_000)).rejects.toThrow(AlreadyExists);
    expect(await store().addEndpointCertificate(ofEndpoint('https://x.example.com'), 1)).toBe(false);
    await store().addEndpointCertificate({ ...ofEndpoint(`https://${host}`, some('tenant')), pem: 'foreign' }, 1);
    expect((await near.found())?.endpoints).toContainEqual(given);
    expect((await near.found())?.endpoints.map(({ pem }) => pem)).not.toContain('foreign');
    const { tenantDomain, alias } = given;
    expect(await store().listEndpointCertificates(tenantDomain)).toContainEqual(given);
    expect(await store().changeEndpointCertificate('elsewhere.com', alias, 'x')).toBe(false);
    expect(await changes(() => store().changeEndpointCertificate(tenantDomain, alias, 'other'))).toEqual([near.told]);
    expect(await store().listEndpointCertificates(tenantDomain)).toContainEqual({ ...given, pem: 'other' });
    expect(await changes(() => store().deleteEndpointCertificate(tenantDomain, alias))).toEqual([near.told]);
    expect(await store().deleteEndpointCertificate(tenantDomain, alias)).toBe(false);
  });

  it('finds the APIs of a tenant by the URL they call', async () => {
    const url = `https://${some('host')}.example.com/v1`;
    const [exact, slash] = [await deployed(url), await deployed('http://elsewhere.example.com', `${url}/`)];
    await deployed(`${url}/deeper`);
    const ids = (await store().findApisByEndpoint('carbon.super', url)).map(({ id }) => id);
    expect(ids.sort()).toEqual([exact.made.id, slash.made.id].sort());
    expect(await store().findApisByEndpoint('elsewhere.com', url)).toEqual([]);
  });
}
