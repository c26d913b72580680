import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect, type IncomingHttpHeaders } from 'node:http2';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { temporaryFolder, waitUntil } from '@keygate/common/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backend, startBackend } from './support/backend.js';
import { type AdministeredCluster, caFileOf, type Role, startGateway, startKeyManager } from './support/cluster.js';
import { createApi, deploy, publish } from './support/management-client.js';
import { peakMiB, residentMiB } from './support/memory.js';
import { freeOffset } from './support/ports.js';
import { type Provisioned, provision } from './support/provision.js';

const adminPassword = 'heavy-admin-password-3';
const gibibyte = 2 ** 30;
/** `KEYGATE_E2E_GIBIBYTES=10` sends 10 GiB each way over each protocol, which takes minutes. */
const size = Number(process.env.KEYGATE_E2E_GIBIBYTES ?? 0.5);
/** Streaming takes what the size of the body does not matter for; anything that gathers a body is far above it. */
const growthLimitMiB = 150;
const piece = Buffer.alloc(64 * 1024, 'x');

async function fill(target: Writable, bytes: number): Promise<void> {
  for (let left = bytes; left > 0; left -= piece.length) {
    const chunk = left < piece.length ? piece.subarray(0, left) : piece;
    if (!target.write(chunk)) await new Promise((resolve) => target.once('drain', resolve));
  }
  target.end();
}

async function count(source: Readable): Promise<number> {
  let bytes = 0;
  for await (const chunk of source) bytes += (chunk as Buffer).length;
  return bytes;
}

/** GET answers as many bytes as the query says, PUT how many came. */
async function startBytes(): Promise<Server> {
  const server = createServer((incoming, response) => {
    if (incoming.method === 'PUT') {
      void count(incoming).then((bytes) => response.end(String(bytes)));
      return;
    }
    const bytes = Number(incoming.url?.split('?')[1]);
    response.writeHead(200, { 'Content-Length': bytes });
    void fill(response, bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

describe('large bodies', () => {
  let backend: Backend;
  let bytes: Server;
  let roles: Role[] = [];
  let gateway: Role;
  let cluster: Provisioned;
  let ca: Buffer;

  beforeAll(async () => {
    [backend, bytes] = await Promise.all([startBackend(), startBytes()]);
    const settings: AdministeredCluster = {
      dataDir: temporaryFolder().path,
      offset: await freeOffset(),
      adminPassword,
    };
    const keyManager = await startKeyManager(settings);
    roles = [keyManager];
    gateway = await startGateway(settings);
    roles.push(gateway);
    cluster = await provision(settings, keyManager, backend);
    const api = await createApi(cluster.rest, {
      name: 'bytes',
      context: '/bytes',
      backendUrl: `http://127.0.0.1:${(bytes.address() as AddressInfo).port}`,
      operations: ['GET', 'PUT'].map((verb) => ({ target: '/body', verb, authType: 'None' })),
    });
    await deploy(cluster.rest, api);
    await publish(cluster.rest, api);
    ca = readFileSync(caFileOf(settings.dataDir));
    const isThere = async () => (await cluster.client.call(`${gateway.url}${path}?1`)).status === 200;
    await waitUntil(isThere, { what: 'the API on the gateway' });
  });
  afterAll(async () => {
    cluster?.client.close();
    await Promise.all(roles.map((role) => role.process.stop()));
    await backend?.close();
    bytes?.closeAllConnections();
    bytes?.close();
  });

  const path = '/bytes/1.0.0/body';

  async function overHttp1(method: 'GET' | 'PUT', size: number): Promise<number> {
    const sent = request(`${gateway.url}${path}?${size}`, { method, ca, agent: false });
    const answered = new Promise<IncomingMessage>((resolve, reject) =>
      sent.on('response', resolve).on('error', reject),
    );
    if (method === 'GET') sent.end();
    else await fill(sent, size);
    const answer = await answered;
    if (method === 'GET') return count(answer);
    return Number((await answer.toArray()).join(''));
  }

  async function overHttp2(method: 'GET' | 'PUT', size: number): Promise<number> {
    const session = connect(gateway.url, { ca });
    const stream = session.request({ ':method': method, ':path': `${path}?${size}` });
    const answered = new Promise<IncomingHttpHeaders>((resolve, reject) =>
      stream.on('response', resolve).on('error', reject),
    );
    if (method === 'GET') stream.end();
    else await fill(stream, size);
    expect((await answered)[':status']).toBe(200);
    const result = method === 'GET' ? await count(stream) : Number((await stream.toArray()).join(''));
    session.close();
    return result;
  }

  it.each([
    ['down', 'HTTP/1.1', overHttp1, 'GET'],
    ['up', 'HTTP/1.1', overHttp1, 'PUT'],
    ['down', 'HTTP/2', overHttp2, 'GET'],
    ['up', 'HTTP/2', overHttp2, 'PUT'],
  ] as const)('stream %s over %s with flat memory', async (way, protocol, transfer, method) => {
    const before = residentMiB(gateway);
    const since = performance.now();
    let moved = 0;
    const peak = await peakMiB(gateway, async () => {
      moved = await transfer(method, size * gibibyte);
    });
    const seconds = (performance.now() - since) / 1_000;
    console.log(
      `${size} GiB ${way} over ${protocol} in ${seconds.toFixed(1)} s, gateway ${before} MiB, at most ${peak} MiB`,
    );
    expect(moved).toBe(size * gibibyte);
    expect(peak - before).toBeLessThan(growthLimitMiB);
  });
});
