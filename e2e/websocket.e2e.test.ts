import { readFileSync } from 'node:fs';
import { temporaryFolder, waitUntil } from '@keygate/common/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backend, startBackend } from './support/backend.js';
import { type AdministeredCluster, caFileOf, type Role, startGateway, startKeyManager } from './support/cluster.js';
import { createApi, deploy, publish, subscribe } from './support/management-client.js';
import { noSecretIsPrinted } from './support/no-secrets.js';
import { defaultPorts, freeOffset } from './support/ports.js';
import { type Provisioned, provision } from './support/provision.js';
import { bearer } from './support/token-client.js';
import { openWebSocket, Refused, startEcho } from './support/web-socket.js';

const adminPassword = 'frame-admin-password-7';

describe('WebSocket', () => {
  let backend: Backend;
  let echo: Awaited<ReturnType<typeof startEcho>>;
  let keyManager: Role;
  let gateway: Role;
  let cluster: Provisioned;
  let ca: Buffer;
  let offset: number;

  beforeAll(async () => {
    [backend, echo] = await Promise.all([startBackend(), startEcho()]);
    offset = await freeOffset();
    const settings: AdministeredCluster = { dataDir: temporaryFolder().path, offset, adminPassword };
    keyManager = await startKeyManager(settings);
    gateway = await startGateway(settings);
    cluster = await provision(settings, keyManager, backend);
    const { rest, applicationId } = cluster;
    const api = await createApi(rest, {
      name: 'chat',
      context: '/chat',
      type: 'WS',
      backendUrl: echo.url,
      operations: ['SUBSCRIBE', 'PUBLISH'].map((verb) => ({ target: '/*', verb })),
    });
    await deploy(rest, api);
    await publish(rest, api);
    await subscribe(rest, applicationId, api.id);
    ca = readFileSync(caFileOf(settings.dataDir));
    const { access_token } = await cluster.tokensAt(gateway).clientCredentials();
    await waitUntil(
      () =>
        openWebSocket(at('ws', 'gatewayWs'), bearer(access_token)).then(
          () => true,
          () => false,
        ),
      {
        what: 'the API on the gateway',
      },
    );
  });
  afterAll(async () => {
    cluster?.client.close();
    await Promise.all([gateway, keyManager].map((role) => role?.process.stop()));
    await Promise.all([backend?.close(), echo?.close()]);
  });

  const at = (scheme: 'ws' | 'wss', port: keyof typeof defaultPorts) =>
    `${scheme}://localhost:${defaultPorts[port] + offset}/chat/1.0.0/room?n=1`;
  const newToken = async () => (await cluster.tokensAt(gateway).clientCredentials()).access_token;

  it.each([
    ['ws', 'gatewayWs'],
    ['wss', 'gatewayWss'],
    ['ws', 'gatewayHttp'],
    ['wss', 'gatewayHttps'],
  ] as const)('over %s at the port %s passes messages both ways', async (scheme, port) => {
    const client = await openWebSocket(at(scheme, port), bearer(await newToken()), ca);
    client.send('hello');
    await waitUntil(() => client.messages.includes('hello'));
    expect(echo.targets.at(-1)).toBe('/room?n=1');
  });

  it('takes a token from the query, and shows it to nobody', async () => {
    await openWebSocket(`${at('wss', 'gatewayWss')}&access_token=${await newToken()}`, {}, ca);
    expect(echo.targets.at(-1)).toBe('/room?n=1');
  });

  it('is refused without a token, and its ports serve nothing else', async () => {
    await expect(openWebSocket(at('wss', 'gatewayWss'), {}, ca)).rejects.toEqual(new Refused(401));
    const plain = `https://localhost:${defaultPorts.gatewayWss + offset}${cluster.path}`;
    expect((await cluster.client.call(plain, { headers: bearer(await newToken()) })).status).toBe(426);
  });

  it('ends within a second when its token is revoked', async () => {
    const token = await newToken();
    const client = await openWebSocket(at('wss', 'gatewayWss'), bearer(token), ca);
    const other = await openWebSocket(at('wss', 'gatewayWss'), bearer(await newToken()), ca);
    expect((await cluster.tokensAt(gateway).revoke(token)).status).toBe(200);
    const since = performance.now();
    expect(await client.closed).toBe(1008);
    expect(performance.now() - since).toBeLessThan(1_000);
    other.send('still here');
    await waitUntil(() => other.messages.includes('still here'));
  });

  it('is told when the gateway stops', async () => {
    const client = await openWebSocket(at('wss', 'gatewayWss'), bearer(await newToken()), ca);
    const stopped = gateway.process.stop();
    expect(await client.closed).toBe(1001);
    await stopped;
  });

  noSecretIsPrinted();
});
