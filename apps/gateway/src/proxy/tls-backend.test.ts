import { createServer } from 'node:https';
import { temporaryFolder } from '@keygate/common/testing';
import { ensureCertificate } from '@keygate/common/tls';
import { AuthType } from '@keygate/proto/keymanager/v1/catalog';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { anApi, aResource, catalogOf } from '../apis/test/catalog.js';
import { call, listening, quickTimeouts, startTestGateway } from './test/gateway.js';

let ca: string;
let own: string;
let port: number;
const running: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  const folder = temporaryFolder();
  running.push(async () => folder.remove());
  const pair = await ensureCertificate(folder.path, { name: 'backend', commonName: 'backend', kind: 'server' });
  ca = pair.ca;
  own = pair.cert;
  const server = createServer({ cert: pair.cert, key: pair.key }, (request, response) => response.end(request.url));
  port = await listening(server);
  running.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
});

afterAll(async () => {
  for (const stop of running.splice(0).reverse()) await stop();
});

async function callBackend(trusted: string | undefined, uploaded: string[] = []) {
  const api = anApi({
    effectiveContext: '/open',
    productionEndpoint: { urls: [`https://localhost:${port}/tls`], timeoutMillis: 0, trustedCertificates: uploaded },
    resources: [aResource('GET /*', { authType: AuthType.AUTH_TYPE_NONE })],
  });
  const gateway = await startTestGateway(catalogOf({ apis: [api] }), { proxy: { ...quickTimeouts, ca: trusted } });
  running.push(() => gateway.stop());
  return call(gateway.port, 'GET /open/x');
}

it('a backend is called over TLS when its certificate is trusted', async () => {
  expect(await callBackend(ca)).toMatchObject({ status: 200, body: '/tls/x' });
});

it('a backend with a certificate nobody vouches for is not called: 503 101503', async () => {
  expect(await callBackend(undefined)).toMatchObject({ status: 503, body: expect.stringContaining('101503') });
});

it('a backend is called when its own certificate was uploaded for the endpoint, and for no other endpoint', async () => {
  expect(await callBackend(undefined, [own])).toMatchObject({ status: 200, body: '/tls/x' });
  expect((await callBackend(undefined)).status).toBe(503);
});
