import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCertificate } from '../support/client-certificates.js';
import { samplePem, upload } from './support/upload.js';
import { type Json, startWorld, type World } from './support/world.js';

const publisher = '/api/am/publisher/v4';

describe('certificates', () => {
  let world: World;
  let token: string;
  let nth = 0;
  beforeAll(async () => {
    world = await startWorld();
    token = await world.logIn('creator', 'Internal/creator', 'Internal/publisher');
  });
  afterAll(() => world.stop());

  const send = (method: string, path: string, form: object = {}, by = token) =>
    world.call(method, publisher + path, { token: by, ...form });
  async function api(production = 'https://backend.example.com/a'): Promise<Json> {
    nth++;
    const endpointConfig = { endpoint_type: 'http', production_endpoints: { url: production } };
    const body = { name: `Api${nth}`, context: `/api${nth}`, version: '1.0.0', endpointConfig };
    return (await send('POST', '/apis', { body })).body;
  }
  async function deploy(id: string) {
    const revision = await send('POST', `/apis/${id}/revisions`, { body: {} });
    const deployed = await send('POST', `/apis/${id}/deploy-revision?revisionId=${revision.body.id}`, {
      body: [{ name: 'Default', vhost: 'localhost', displayOnDevportal: true }],
    });
    expect(deployed.status).toBe(201);
  }
  const deployed = (id: string) => world.storage.catalogFeed.findDeployedApi(id, 'Default');

  describe('of clients', () => {
    it.each(['client-certificates', 'client-certs/SANDBOX'])('are kept below %s', async (collection) => {
      const { id } = await api();
      const all = `/apis/${id}/${collection}`;
      const made = await send('POST', all, upload(samplePem, { alias: 'till', tier: 'Gold' }));
      expect(made).toMatchObject({ status: 201, body: { alias: 'till', apiId: id, tier: 'Gold' } });
      expect((await send('POST', all, upload(samplePem, { alias: 'till', tier: 'Gold' }))).status).toBe(409);
      expect((await send('GET', all)).body).toMatchObject({ count: 1, certificates: [made.body] });
      expect((await send('GET', `${all}?alias=other`)).body).toMatchObject({ count: 0, certificates: [] });
      expect(await send('GET', `${all}/till`)).toMatchObject({
        status: 200,
        body: { status: 'Active', subject: 'CN=sample', validity: { to: '2126-01-01T00:00:00.000Z' } },
      });
      expect(await send('PUT', `${all}/till`, upload(undefined, { tier: 'Silver' }))).toMatchObject({
        status: 200,
        body: { alias: 'till', tier: 'Silver' },
      });
      const { cert } = await makeCertificate({ subject: 'CN=another' });
      await send('PUT', `${all}/till`, upload(cert));
      expect((await send('GET', `${all}/till`)).body.subject).toBe('CN=another');
      expect((await send('DELETE', `${all}/till`)).status).toBe(200);
      for (const method of ['GET', 'DELETE']) expect((await send(method, `${all}/till`)).status).toBe(404);
    });

    it('are for the kind of endpoint that the path names, or for both', async () => {
      const { id } = await api();
      await send('POST', `/apis/${id}/client-certs/SANDBOX`, upload(samplePem, { alias: 'sandbox' }));
      await send('POST', `/apis/${id}/client-certificates`, upload(samplePem, { alias: 'both' }));
      const aliases = async (collection: string) =>
        (await send('GET', `/apis/${id}/${collection}`)).body.certificates.map(({ alias }: Json) => alias);
      expect(await aliases('client-certs/SANDBOX')).toEqual(['both', 'sandbox']);
      expect(await aliases('client-certs/PRODUCTION')).toEqual(['both']);
      expect(await aliases('client-certificates')).toEqual(['both', 'sandbox']);
      expect((await send('GET', `/apis/${id}/client-certs/STAGING`)).status).toBe(404);
      expect((await send('DELETE', `/apis/${id}/client-certs/PRODUCTION/sandbox`)).status).toBe(404);
    });

    it('reach gateways at once, and go with their API', async () => {
      const { id } = await api();
      await deploy(id);
      const before = await world.storage.catalogFeed.revision();
      await send('POST', `/apis/${id}/client-certs/SANDBOX`, upload(samplePem, { alias: 'till' }));
      expect(await world.storage.catalogFeed.eventsSince(before, 10)).toMatchObject([{ entity: 'api', id }]);
      const pem = new X509Certificate(samplePem).toString();
      const client = { alias: 'till', tier: 'Unlimited', keyType: 'SANDBOX', pem };
      expect((await deployed(id))?.certificates).toMatchObject({ client: [client] });
      await send('DELETE', `/apis/${id}`);
      expect(await world.storage.certificates.listClientCertificates(id)).toEqual([]);
    });

    it('are refused when nobody could use them', async () => {
      const { id } = await api();
      const all = `/apis/${id}/client-certificates`;
      const expired = (await makeCertificate({ from: 0, to: 1_000 })).cert;
      const { cert, key } = await makeCertificate();
      const refusals: [string | undefined, Record<string, string>, string][] = [
        [expired, { alias: 'a' }, 'Certificate Expired'],
        ['not a certificate', { alias: 'a' }, 'The certificate cannot be decoded'],
        [`${cert}\n${key}`, { alias: 'a' }, 'The file holds a private key'],
        [`${cert}\n${samplePem}`, { alias: 'a' }, 'The file holds more than one certificate'],
        [samplePem, { alias: 'a', tier: 'Nowhere' }, 'The tier name is invalid'],
        [samplePem, { alias: 'a/b' }, 'alias'],
        [samplePem, {}, 'alias'],
        [undefined, { alias: 'a' }, 'certificate'],
      ];
      for (const [file, fields, description] of refusals) {
        const answer = await send('POST', all, upload(file, fields));
        expect([answer.status, answer.body.description]).toEqual([400, expect.stringContaining(description)]);
        expect(answer.text).not.toContain('PRIVATE KEY-----');
      }
      expect((await send('POST', all, upload('x'.repeat(200_000), { alias: 'a' }))).status).toBe(413);
      expect((await send('GET', all)).body.count).toBe(0);
    });
  });

  describe('of backends', () => {
    it('are kept by alias', async () => {
      const endpoint = 'https://kept.example.com:8443/a';
      const made = await send('POST', '/endpoint-certificates', upload(samplePem, { alias: 'kept', endpoint }));
      expect(made).toMatchObject({ status: 201, body: { alias: 'kept', endpoint } });
      const again = await send('POST', '/endpoint-certificates', upload(samplePem, { alias: 'kept', endpoint }));
      expect(again.status).toBe(409);
      const found = async (query: string) => (await send('GET', `/endpoint-certificates?${query}`)).body.certificates;
      expect(await found('alias=kept')).toEqual([{ alias: 'kept', endpoint }]);
      expect(await found(`endpoint=${encodeURIComponent(endpoint)}/`)).toEqual([{ alias: 'kept', endpoint }]);
      expect(await found('alias=nobody')).toEqual([]);
      const one = '/endpoint-certificates/kept';
      expect((await send('GET', one)).body).toMatchObject({ status: 'Active', subject: 'CN=sample' });
      const chain = `${(await makeCertificate({ subject: 'CN=leaf' })).cert}\n${samplePem}`;
      expect((await send('PUT', one, upload(chain))).status).toBe(200);
      expect((await send('GET', one)).body).toMatchObject({ subject: 'CN=leaf' });
      expect((await send('DELETE', one)).status).toBe(200);
      for (const method of ['GET', 'DELETE']) expect((await send(method, one)).status).toBe(404);
      const expired = (await makeCertificate({ from: 0, to: 1_000 })).cert;
      const late = await send('POST', '/endpoint-certificates', upload(expired, { alias: 'late', endpoint }));
      expect(late).toMatchObject({ status: 400, body: { description: 'Certificate Expired' } });
      const nowhere = upload(samplePem, { alias: 'nowhere', endpoint: 'no url' });
      expect((await send('POST', '/endpoint-certificates', nowhere)).status).toBe(400);
    });

    it('name the APIs that call the same URL', async () => {
      const endpoint = 'https://used.example.com/v1';
      const users = [await api(endpoint), await api(`${endpoint}/`)];
      await api(`${endpoint}/deeper`);
      await send('POST', '/endpoint-certificates', upload(samplePem, { alias: 'used', endpoint }));
      const usage = await send('GET', '/endpoint-certificates/used/usage?limit=1');
      const [{ id, name, context, version, provider }] = users;
      expect(usage.body).toMatchObject({
        count: 1,
        list: [{ id, name, context, version, provider }],
        pagination: { total: 2 },
      });
      expect((await send('GET', '/endpoint-certificates/nobody/usage')).body).toMatchObject({ count: 0, list: [] });
    });

    it('reach the gateways of every deployed API at the host and port', async () => {
      const near = await api('https://Told.example.com/v1');
      const far = await api('https://told.example.com:8443/v1');
      for (const { id } of [near, far]) await deploy(id);
      const before = await world.storage.catalogFeed.revision();
      const endpoint = 'https://told.example.com:443/other';
      await send('POST', '/endpoint-certificates', upload(samplePem, { alias: 'told', endpoint }));
      await send('PUT', '/endpoint-certificates/told', upload(samplePem));
      await send('DELETE', '/endpoint-certificates/told');
      const events = await world.storage.catalogFeed.eventsSince(before, 10);
      expect(events?.map(({ entity, id }) => [entity, id])).toEqual([1, 2, 3].map(() => ['api', near.id]));
    });
  });

  describe('securityScheme and the headers of credentials', () => {
    const create = (more: object) => {
      nth++;
      return send('POST', '/apis', { body: { name: `S${nth}`, context: `/s${nth}`, version: '1', ...more } });
    };

    it.each([
      [{ securityScheme: ['oauth3'] }],
      [{ securityScheme: ['mutual_ssl_mandatory', 'oauth2'] }],
      [{ apiKeyHeader: 'Content-Length' }],
      [{ authorizationHeader: 'host' }],
      [{ apiKeyHeader: 'a b' }],
    ])('are refused as %j', async (more) => {
      expect((await create(more)).status).toBe(400);
    });

    it('default to access tokens in Authorization', async () => {
      for (const securityScheme of [null, undefined, []]) {
        expect((await create({ securityScheme })).body).toMatchObject({
          securityScheme: ['oauth_basic_auth_api_key_mandatory', 'oauth2'],
          apiKeyHeader: 'ApiKey',
        });
      }
      const all = ['oauth2', 'api_key', 'basic_auth', 'mutualssl', 'mutualssl_mandatory'];
      expect((await create({ securityScheme: all })).body.securityScheme).toEqual(all);
    });
  });
});
