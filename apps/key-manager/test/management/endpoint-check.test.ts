import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { freePort, temporaryFolder } from '@keygate/common/testing';
import { ensureCertificate } from '@keygate/common/tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEndpointCheck } from '../../src/apis/endpoint-check.js';
import { startWorld, type World } from './support/world.js';

const running: Server[] = [];
const asked: string[] = [];
let world: World;
let token: string;
let secure: number;
let plain: number;
let ca: string;

async function listen(server: Server): Promise<number> {
  running.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

beforeAll(async () => {
  world = await startWorld();
  token = await world.logIn('alice', 'Internal/creator', 'Internal/publisher');
  const folder = temporaryFolder();
  const pair = await ensureCertificate(folder.path, { name: 'backend', commonName: 'backend', kind: 'server' });
  folder.remove();
  ca = pair.ca;
  plain = await listen(
    createServer((request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers.authorization}`);
      if (request.url === '/slow') return;
      response.writeHead(request.url === '/moved' ? 302 : 202, { location: 'http://169.254.169.254/' });
      response.end();
    }),
  );
  secure = await listen(createTlsServer(pair, (_, response) => response.end()));
});

afterAll(async () => {
  for (const server of running) {
    server.closeAllConnections();
    server.close();
  }
  await world.stop();
});

const check = (endpointUrl: string, who = token) =>
  world.call('POST', `/api/am/publisher/v4/apis/validate-endpoint?${new URLSearchParams({ endpointUrl })}`, {
    token: who,
  });

describe('checking an endpoint', () => {
  it('asks for its head, without credentials, and says the status', async () => {
    const { status, body } = await check(`http://127.0.0.1:${plain}/x?y=1`);
    expect([status, body]).toEqual([200, { statusCode: 202, statusMessage: 'Accepted', error: null }]);
    expect(asked).toEqual(['HEAD /x?y=1 undefined']);
  });

  it('follows no redirect: it could lead inside', async () => {
    expect((await check(`http://127.0.0.1:${plain}/moved`)).body).toMatchObject({ statusCode: 302, error: null });
  });

  it.each([
    ['nobody is there', async () => `http://127.0.0.1:${await freePort()}/`, 'The endpoint cannot be reached'],
    [
      'its certificate is not known',
      () => `https://localhost:${secure}/`,
      'The certificate of the endpoint is not trusted',
    ],
    ['it is a metadata address', () => 'http://169.254.169.254/latest', 'The address may not be called from here'],
    ['it is one in disguise', () => 'http://[::ffff:a9fe:a9fe]/', 'The address may not be called from here'],
    ['its name is unknown', () => 'http://nobody.invalid/', 'The host is not known'],
  ])('says that %s', async (_, url, error) => {
    expect((await check(await url())).body).toEqual({ statusCode: 0, statusMessage: '', error });
  });

  it.each(['nothing', 'ftp://a/', 'http://u:p@a/', 'file:///etc/passwd'])('refuses %s: 400', async (url) => {
    expect((await check(url)).status).toBe(400);
  });

  it('is for publishers', async () => {
    expect((await check('http://127.0.0.1:1/', 'nobody')).status).toBe(401);
    expect((await check('http://127.0.0.1:1/', await world.logIn('bob', 'Internal/subscriber'))).status).toBe(401);
  });

  it('does not wait for ever, trusts what it is told to, and may be kept from private networks', async () => {
    const none = { listEndpointCertificates: async () => [] };
    const settings = { addresses: { allowPrivateNetworks: true }, authorities: [ca] };
    const impatient = createEndpointCheck({ ...settings, deadlineMillis: 200 }, none);
    expect(await impatient('carbon.super', `http://127.0.0.1:${plain}/slow`)).toMatchObject({
      error: 'The endpoint did not answer in time',
    });
    const trusting = createEndpointCheck(settings, none);
    expect(await trusting('carbon.super', `https://localhost:${secure}/`)).toMatchObject({ statusCode: 200 });
    const shut = createEndpointCheck({ ...settings, addresses: { allowPrivateNetworks: false } }, none);
    expect((await shut('carbon.super', `http://localhost:${plain}/`)).error).toBe(
      'The address may not be called from here',
    );
  });
});
