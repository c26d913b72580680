import { createServer, request as httpRequest, type IncomingHttpHeaders, type Server } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createLogger } from '@keygate/common/logging';
import { temporaryFolder, waitUntil } from '@keygate/common/testing';
import { type GatewayConfig, gatewaySchema } from '../../src/config/gateway.config.js';
import { type RunningGateway, startGateway } from '../../src/main.js';
import type { Clock } from '../../src/tokens/clock.js';
import { demoSnapshot } from './demo-catalog.js';
import { FakeKeyManager } from './fake-key-manager.js';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface RequestOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer;
}

/** A request over the wire; certificates are not checked. */
export function send(url: string, { method = 'GET', headers = {}, body }: RequestOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { method, headers, agent: false, rejectUnauthorized: false } as const;
    const request = (url.startsWith('https:') ? httpsRequest : httpRequest)(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    request.on('error', reject);
    request.end(body);
  });
}

export const formHeaders = { 'content-type': 'application/x-www-form-urlencoded' };

export interface TestBed {
  readonly keyManager: FakeKeyManager;
  readonly dataDir: string;
  readonly backendRequests: string[];
  readonly gateway: RunningGateway;
  readonly urls: { readonly https: string; readonly http: string; readonly operations: string };
  /** An API call on HTTPS with a Bearer token. */
  call(token: string | undefined, path?: string, options?: RequestOptions): Promise<Answer>;
  token(body: string, headers?: RequestOptions['headers']): Promise<Answer>;
  revoke(token: string): Promise<Answer>;
  /** Stops this gateway and starts another one on the same data folder. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface TestBedOptions {
  readonly gateway?: object;
  readonly redisUrl?: string;
  /** A test machine may be busy: long by default, where it is not what is tested. */
  readonly redisTimeoutMillis?: number;
  readonly keyPrefix?: string;
  readonly clock?: Clock;
  /** False: the key manager is not started and the catalogue is not waited for. */
  readonly keyManagerRuns?: boolean;
}

/** The real gateway on free ports, a fake key manager behind mutual TLS, a stub backend. */
export async function startTestBed(options: TestBedOptions = {}): Promise<TestBed> {
  const folder = temporaryFolder();
  const backendRequests: string[] = [];
  const backend = await startBackend(backendRequests);
  const keyManager = new FakeKeyManager(folder.path);
  keyManager.snapshot = demoSnapshot(`http://127.0.0.1:${(backend.address() as AddressInfo).port}`);
  await keyManager.start();
  const config = testConfig(folder.path, keyManager.port, options);
  if (options.keyManagerRuns === false) await keyManager.stop();
  const logger = createLogger({ name: 'gateway', level: 'silent', format: 'json' });
  const start = () => startGateway(config, { logger, ...(options.clock && { clock: options.clock }) });
  let gateway = await start();
  const at = (scheme: 'https' | 'http' | 'operations') =>
    `${scheme === 'https' ? 'https' : 'http'}://127.0.0.1:${gateway.ports[scheme]}`;
  const bed: TestBed = {
    keyManager,
    dataDir: folder.path,
    backendRequests,
    get gateway() {
      return gateway;
    },
    get urls() {
      return { https: at('https'), http: at('http'), operations: at('operations') };
    },
    call: (token, path = '/petstore/1.0.0/pets', more = {}) => {
      const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
      return send(at('https') + path, { ...more, headers: { ...authorization, ...more.headers } });
    },
    token: (body, headers = {}) =>
      send(`${at('https')}/token`, { method: 'POST', headers: { ...formHeaders, ...headers }, body }),
    revoke: (token) =>
      send(`${at('https')}/revoke`, {
        method: 'POST',
        headers: formHeaders,
        body: `token=${encodeURIComponent(token)}`,
      }),
    restart: async () => {
      await gateway.stop();
      gateway = await start();
    },
    stop: async () => {
      await gateway.stop();
      await keyManager.stop();
      await new Promise((resolve) => {
        backend.close(resolve);
        backend.closeAllConnections();
      });
      folder.remove();
    },
  };
  if (options.keyManagerRuns !== false) await untilReady(bed);
  return bed;
}

/** Ready, and hearing revocations. */
export async function untilReady(bed: TestBed): Promise<void> {
  await waitUntil(async () => (await send(`${bed.urls.operations}/readyz`)).status === 200, { what: 'readiness' });
  await waitUntil(async () => (await metric(bed, 'revocations_heard')) === 1, { what: 'hearing revocations' });
}

/** A gauge of the gateway, by its name without the prefix. */
export async function metric(bed: TestBed, name: string): Promise<number> {
  const { body } = await send(`${bed.urls.operations}/metrics`);
  return Number(new RegExp(`^keygate_gateway_${name}\\S* (\\S+)$`, 'm').exec(body)?.[1]);
}

function testConfig(dataDir: string, keyManagerPort: number, options: TestBedOptions): GatewayConfig {
  const { gateway = {}, redisUrl, redisTimeoutMillis = 3_000, keyPrefix = 'kg' } = options;
  return gatewaySchema.parse({
    dataDir,
    logging: { level: 'silent' },
    redis: { keyPrefix, commandTimeoutMillis: redisTimeoutMillis, ...(redisUrl !== undefined && { url: redisUrl }) },
    gateway: {
      drainSeconds: 2,
      listeners: { https: 0, http: 0, wss: 0, ws: 0, operations: 0 },
      ...gateway,
      keyManager: {
        serverUrl: `https://127.0.0.1:${keyManagerPort}`,
        issueDeadlineMillis: 1_000,
        ...keyManagerOf(gateway),
      },
    },
  });
}

const keyManagerOf = (gateway: object) => ('keyManager' in gateway ? (gateway.keyManager as object) : {});

function startBackend(requests: string[]): Promise<Server> {
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"from":"backend"}');
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}
