import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { temporaryFolder, waitUntil } from '@keygate/common/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Backend, startBackend } from './support/backend.js';
import { type AdministeredCluster, caFileOf, type Role, startGateway, startKeyManager } from './support/cluster.js';
import { residentMiB } from './support/memory.js';
import { noSecretIsPrinted } from './support/no-secrets.js';
import { defaultPorts, freeOffset } from './support/ports.js';
import { type Provisioned, provision } from './support/provision.js';
import { bearer } from './support/token-client.js';

const adminPassword = 'calm-admin-password-5';
const idleConnections = 10_000;

describe('floods', () => {
  let backend: Backend;
  let roles: Role[] = [];
  let gateway: Role;
  let cluster: Provisioned;
  let caFile: string;
  let port: number;
  let token: string;
  let child: ChildProcess | undefined;

  beforeAll(async () => {
    backend = await startBackend();
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
    caFile = caFileOf(settings.dataDir);
    port = defaultPorts.gatewayHttps + settings.offset;
    token = (await cluster.tokensAt(gateway).clientCredentials()).access_token;
    await waitUntil(isServing, { what: 'the API on the gateway' });
  });
  afterEach(() => {
    child?.kill('SIGKILL');
    child = undefined;
  });
  afterAll(async () => {
    cluster?.client.close();
    await Promise.all(roles.map((role) => role.process.stop()));
    await backend?.close();
  });

  const isServing = async () =>
    (await cluster.client.call(`${gateway.url}${cluster.path}`, { headers: bearer(token) })).status === 200;

  async function everybodyIsServed(): Promise<void> {
    for (let i = 0; i < 50; i++) expect(await isServing()).toBe(true);
  }

  it(`of ${idleConnections} idle TLS connections hold up nobody, and are let go`, async () => {
    const before = residentMiB(gateway);
    const script = fileURLToPath(new URL('support/idle-clients.mjs', import.meta.url));
    child = spawn(process.execPath, [script, String(port), caFile, String(idleConnections)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const since = performance.now();
    await once(child.stdout as NodeJS.ReadableStream, 'data');
    const seconds = (performance.now() - since) / 1_000;
    const during = residentMiB(gateway);
    console.log(`${idleConnections} connections in ${seconds.toFixed(1)} s: gateway ${before} MiB, then ${during} MiB`);
    await everybodyIsServed();
    expect(during - before).toBeLessThan(1_200);
    child.kill('SIGKILL');
    await everybodyIsServed();
  });

  it('of heads that never end are cut off in time, and hold up nobody meanwhile', async () => {
    const ca = readFileSync(caFile);
    const sockets = Array.from({ length: 300 }, () =>
      connectTls({ host: 'localhost', port, ca, servername: 'localhost', ALPNProtocols: ['http/1.1'] }),
    );
    const answers = sockets.map(answerOf);
    const drip = setInterval(() => {
      for (const socket of sockets) if (socket.writable) socket.write('x');
    }, 500);
    for (const socket of sockets) socket.write('GET /orders/1.0.0/items HTTP/1.1\r\nHost: a\r\nX-Slow: ');
    await everybodyIsServed();
    const heads = await Promise.all(answers);
    clearInterval(drip);
    expect(heads.filter((head) => /^HTTP\/1\.1 408 [\s\S]*"code":"408"/.test(head)).length).toBe(300);
  });

  it('of made-up tokens leave the known ones alone, and take no memory for good', async () => {
    const before = residentMiB(gateway);
    const statuses = new Map<number, number>();
    for (let round = 0; round < 100; round++) {
      const answers = await Promise.all(
        Array.from({ length: 20 }, () =>
          cluster.client.call(`${gateway.url}${cluster.path}`, { headers: bearer(randomBytes(16).toString('hex')) }),
        ),
      );
      for (const { status } of answers) statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    expect([...statuses.keys()].sort()).toEqual([401, 503]);
    expect(statuses.get(503)).toBeGreaterThan(1_500);
    await everybodyIsServed();
    expect(residentMiB(gateway) - before).toBeLessThan(100);
  });

  noSecretIsPrinted();
});

/** All that comes on a connection until it is closed. */
function answerOf(socket: TLSSocket): Promise<string> {
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString();
  });
  socket.on('error', () => undefined);
  return new Promise((resolve) => socket.on('close', () => resolve(text)));
}
