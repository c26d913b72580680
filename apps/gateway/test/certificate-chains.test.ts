import { KeyObject } from 'node:crypto';
import { connect as connectHttp2 } from 'node:http2';
import { type RequestOptions, request } from 'node:https';
import { waitUntil } from '@keygate/common/testing';
import { type Api, AuthType } from '@keygate/proto/keymanager/v1/catalog';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Issued, issue, pemOf } from '../src/pipeline/credentials/test/certificates.js';
import { demoApi } from './support/demo-catalog.js';
import { startTestBed, type TestBed } from './support/test-gateway.js';

const root = await issue({ name: 'partner root', isAuthority: true });
const between = await issue({ name: 'partner issuing', issuer: root, isAuthority: true });
const leaf = await issue({ name: 'till 4', issuer: between });
const stranger = await issue({ name: 'till 4', issuer: await issue({ name: 'partner issuing', isAuthority: true }) });

const keyOf = ({ keys }: Issued) => String(KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' }));
const show = (shown: Issued, ...chain: Issued[]) => ({
  cert: [shown, ...chain].map(({ der }) => pemOf(der)).join(''),
  key: keyOf(shown),
});

const beds: TestBed[] = [];
afterAll(async () => {
  for (const bed of beds) await bed.stop();
});

/** `/partner` knows the root; another API was given the intermediate certificate, or was not. */
async function start(gateway: object, isBetweenUploaded: boolean): Promise<TestBed> {
  const bed = await startTestBed({ gateway });
  beds.push(bed);
  const { keyManager } = bed;
  const [{ productionEndpoint } = demoApi('')] = keyManager.snapshot.apis;
  const apiOf = (id: string, uploaded: Issued[]): Api => ({
    ...demoApi('', { id, name: id, effectiveContext: `/${id}/1.0.0` }),
    productionEndpoint,
    resources: [{ verb: 'GET', target: '/pets', authType: AuthType.AUTH_TYPE_ANY, scopes: [], throttlingTier: '' }],
    security: {
      ...{ schemes: ['mutualssl'], apiKeyHeader: '', audiences: [], keyManagers: [] },
      clientCertificates: uploaded.map(({ der, name }) => ({
        ...{ alias: name, pem: pemOf(der), throttlingTier: '', keyTypes: [] },
      })),
    },
  });
  keyManager.change({ $case: 'api', api: apiOf('other', isBetweenUploaded ? [between] : []) });
  keyManager.change({ $case: 'api', api: apiOf('partner', [root]) });
  await waitUntil(async () => (await statusOf(bed, {})) === 401, { what: 'the API' });
  return bed;
}

function statusOf(bed: TestBed, tls: RequestOptions, headers: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = { headers, rejectUnauthorized: false, agent: false, ...tls };
    const sent = request(`${bed.urls.https}/partner/1.0.0/pets`, options, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    });
    sent.on('error', reject);
    sent.end();
  });
}

describe('with chains', () => {
  let bed: TestBed;
  beforeAll(async () => {
    bed = await start({ credentials: { certificateChains: true } }, true);
  });

  it('a certificate issued through an intermediate one is taken, sent along or uploaded to some API', async () => {
    expect(await statusOf(bed, show(leaf, between))).toBe(200);
    expect(await statusOf(bed, show(leaf))).toBe(200);
    expect(await statusOf(bed, show(stranger))).toBe(401);
    expect(await statusOf(bed, show(stranger, between))).toBe(401);
  });

  it('also over HTTP/2', async () => {
    const session = connectHttp2(bed.urls.https, { rejectUnauthorized: false, ...show(leaf, between) } as object);
    try {
      const status = await new Promise<number>((resolve, reject) => {
        session.on('error', reject);
        const stream = session.request({ ':path': '/partner/1.0.0/pets' });
        stream.on('response', (headers) => resolve(Number(headers[':status'])));
        stream.on('error', reject);
      });
      expect(status).toBe(200);
    } finally {
      session.close();
    }
  });
});

describe('without the intermediate one', () => {
  it('the client has to send it', async () => {
    const bed = await start({ credentials: { certificateChains: true } }, false);
    expect(await statusOf(bed, show(leaf))).toBe(401);
    expect(await statusOf(bed, show(leaf, between))).toBe(200);
  });
});

describe('without chains, behind a trusted proxy', () => {
  it('only what was uploaded is taken, and the proxy is believed about it', async () => {
    const bed = await start({ trustedProxies: ['127.0.0.0/8'] }, true);
    expect(await statusOf(bed, show(leaf, between))).toBe(401);
    const named = (issued: Issued) => ({ 'x-wso2-client-certificate': encodeURIComponent(pemOf(issued.der)) });
    expect(await statusOf(bed, {}, named(root))).toBe(200);
    expect(await statusOf(bed, {}, { 'x-wso2-client-certificate': root.der.toString('base64') })).toBe(200);
    expect(await statusOf(bed, {}, named(leaf))).toBe(401);
    expect(await statusOf(bed, {}, { 'x-wso2-client-certificate': 'nonsense' })).toBe(401);
  });
});
