import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { freePort, waitUntil } from '@keygate/common/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type ApiObject,
  createApi,
  deploy,
  type Management,
  management,
  publish,
  publisher,
} from './support/management-client.js';
import { noSecretIsPrinted } from './support/no-secrets.js';
import { type Quickstart, startQuickstart } from './support/quickstart.js';
import { secret } from './support/secrets.js';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let quickstart: Quickstart;
let rest: Management;
let apis = 0;
const servers: Server[] = [];

beforeAll(async () => {
  quickstart = await startQuickstart({ args: ['--no-demo'] });
  const { managementUrl, adminUsername, adminPassword } = quickstart.facts;
  rest = await management(quickstart.client, managementUrl, adminUsername, adminPassword);
});

afterAll(() => quickstart?.stop());
afterEach(() => Promise.all(servers.splice(0).map(close)));

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

/** A backend on a port of its own, or on one that another has left. */
async function backend(answer: string | Answer, port = 0) {
  const handle: Answer = typeof answer === 'string' ? (_, response) => void response.end(answer) : answer;
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  servers.push(server);
  const own = (server.address() as AddressInfo).port;
  return { url: `http://127.0.0.1:${own}`, port: own, kill: () => close(server) };
}

/** A deployed and published API whose calls need no token. */
async function apiWith(endpointConfig: object): Promise<{ api: ApiObject; path: string }> {
  const name = `Endpoints${++apis}`;
  const operations = ['GET', 'POST'].map((verb) => ({ target: '/*', verb, authType: 'None' }));
  const api = await createApi(rest, {
    name,
    context: `/endpoints${apis}`,
    backendUrl: 'http://127.0.0.1:1',
    operations,
  });
  await configure(api, endpointConfig);
  await publish(rest, api);
  const path = `/endpoints${apis}/1.0.0/x`;
  await waitUntil(async () => (await call(path)).status !== 404);
  return { api, path };
}

async function configure(api: ApiObject, endpointConfig: object): Promise<void> {
  const stored = await rest.ok<object>('GET', `${publisher}/apis/${api.id}`);
  await rest.ok('PUT', `${publisher}/apis/${api.id}`, { ...stored, endpointConfig });
  await deploy(rest, api);
}

const call = (path: string, method = 'GET', body?: string) =>
  quickstart.client.call(`${quickstart.facts.gatewayUrl}${path}`, {
    method,
    headers: { Authorization: 'Bearer canary-of-the-client' },
    ...(body !== undefined && { body }),
  });
const text = async (path: string) => (await call(path)).text;
const http = (url: string, more = {}) => ({ endpoint_type: 'http', production_endpoints: { url, ...more } });
const secured = (url: string, production: object) => ({
  ...http(url),
  endpoint_security: { production: { enabled: true, ...production } },
});

describe('where calls go', () => {
  it('changes at once when the API is deployed anew', async () => {
    const [first, second] = [await backend('first'), await backend('second')];
    const { api, path } = await apiWith(http(first.url));
    expect(await text(path)).toBe('first');
    await configure(api, http(second.url));
    await waitUntil(async () => (await text(path)) === 'second', { timeoutMillis: 1_000 });
  });

  it('is the next address when the first is killed, and the first again when it is back', async () => {
    const [first, second] = [await backend('first'), await backend('second')];
    const config = { suspendDuration: '200', suspendMaxDuration: '200' };
    const { path } = await apiWith({
      endpoint_type: 'failover',
      production_endpoints: { url: first.url, config },
      production_failovers: [{ url: second.url }],
    });
    expect(await text(path)).toBe('first');
    await first.kill();
    for (let i = 0; i < 5; i++) expect(await text(path)).toBe('second');
    await backend('first again', first.port);
    await waitUntil(async () => (await text(path)) === 'first again');
  });

  it('is each address in turn, and one address for a client that keeps its cookie', async () => {
    const urls = [(await backend('a')).url, (await backend('b')).url].map((url) => ({ url }));
    const balanced = { endpoint_type: 'load_balance', production_endpoints: urls };
    const { path } = await apiWith(balanced);
    const four = [await text(path), await text(path), await text(path), await text(path)];
    expect(four.sort()).toEqual(['a', 'a', 'b', 'b']);
    const sticky = await apiWith({ ...balanced, sessionManagement: 'simpleClientSession', sessionTimeOut: '60000' });
    const first = await call(sticky.path);
    const [cookie = ''] = String(first.headers['set-cookie']).split(';');
    expect(String(first.headers['set-cookie'])).toMatch(/; HttpOnly; SameSite=Lax; Secure$/);
    for (let i = 0; i < 4; i++) {
      const url = `${quickstart.facts.gatewayUrl}${sticky.path}`;
      expect((await quickstart.client.call(url, { headers: { Cookie: cookie } })).text).toBe(first.text);
    }
  });

  it('is nowhere for a while when the backend does not answer, and there again when it does', async () => {
    let isWell = false;
    let asked = 0;
    const moody = await backend((request, response) => {
      asked++;
      if (isWell) response.end('well');
      else request.socket.destroy();
    });
    const { path } = await apiWith(http(moody.url, { config: { suspendDuration: '300', retryTimeOut: '1' } }));
    await waitUntil(async () => (await call(path)).json<{ description: string }>().description.includes('left alone'));
    const before = asked;
    const refused = await call(path);
    if (refused.headers['retry-after'] !== undefined) expect(asked).toBe(before);
    isWell = true;
    await waitUntil(async () => (await call(path)).status === 200);
    expect(await text(path)).toBe('well');
  });

  it('is never a metadata address', async () => {
    const { path } = await apiWith(http('http://169.254.169.254/latest/meta-data'));
    const answer = await call(path);
    expect([answer.status, answer.json().code]).toEqual([503, '303001']);
    const checked = await rest.call('POST', `${publisher}/apis/validate-endpoint?endpointUrl=http://169.254.169.254/`);
    expect(checked.json()).toMatchObject({ statusCode: 0, error: 'The address may not be called from here' });
  });
});

it('the key manager says that it is there, also to itself', async () => {
  const url = `${quickstart.facts.managementUrl}/services/Version`;
  expect((await quickstart.client.call(url, { method: 'HEAD' })).status).toBe(202);
  const checked = await rest.call('POST', `${publisher}/apis/validate-endpoint?endpointUrl=${url}`);
  expect(checked.json()).toEqual({ statusCode: 202, statusMessage: 'Accepted', error: null });
});

describe('what backends are shown', () => {
  const password = secret('canary-Backend-password-5', 'the password of a backend');
  const shown = (request: IncomingMessage) => request.headers.authorization ?? 'nothing';

  it('is nothing of the client’s when there is no endpoint security', async () => {
    const echo = await backend((request, response) => void response.end(shown(request)));
    const { path } = await apiWith(http(echo.url));
    expect(await text(path)).toBe('nothing');
  });

  it('is BASIC, and the password is read nowhere: not by REST, not on the gateway’s disk', async () => {
    const echo = await backend((request, response) => {
      const [, sent = ''] = shown(request).split(' ');
      response.end(Buffer.from(sent, 'base64').toString() === `gateway:${password}` ? 'welcome' : 'who?');
    });
    const { api, path } = await apiWith(secured(echo.url, { type: 'BASIC', username: 'gateway', password }));
    expect(await text(path)).toBe('welcome');
    expect((await rest.call('GET', `${publisher}/apis/${api.id}`)).text).not.toContain(password);
    const copies = () =>
      readdirSync(quickstart.dataDir, { recursive: true, encoding: 'utf8' }).filter((file) =>
        file.endsWith('catalog.bin'),
      );
    await waitUntil(() => copies().length > 0);
    for (const file of copies()) expect(readFileSync(join(quickstart.dataDir, file), 'latin1')).not.toContain(password);
    // Saving what was read, with its blank password, keeps the stored one.
    await configure(
      api,
      (await rest.ok<{ endpointConfig: object }>('GET', `${publisher}/apis/${api.id}`)).endpointConfig,
    );
    expect(await text(path)).toBe('welcome');
  });

  it('is DIGEST', async () => {
    const hash = (value: string) => createHash('sha256').update(value).digest('hex');
    const guarded = await backend((request, response) => {
      const value = shown(request);
      const field = (name: string) => new RegExp(`[ ,]${name}="?([^",]*)`).exec(value)?.[1] ?? '';
      const first = hash(`gateway:backend:${password}`);
      const second = hash(`${request.method}:${request.url}`);
      const proof = hash(`${first}:${field('nonce')}:${field('nc')}:${field('cnonce')}:auth:${second}`);
      if (field('nonce') === 'once' && field('response') === proof) return void response.end('welcome');
      const challenge = 'Digest realm="backend", nonce="once", qop="auth", algorithm=SHA-256';
      return void response.writeHead(401, { 'WWW-Authenticate': challenge }).end('who?');
    });
    const { path } = await apiWith(secured(guarded.url, { type: 'DIGEST', username: 'gateway', password }));
    expect([await text(path), (await call(`${path}?y=1`, 'POST', 'body')).text]).toEqual(['welcome', 'welcome']);
  });

  it('is a token of the gateway’s own', async () => {
    let issued = 0;
    const tokens = await backend((_, response) => {
      issued++;
      response.end(JSON.stringify({ access_token: `t${issued}`, token_type: 'Bearer', expires_in: 3600 }));
    });
    const echo = await backend((request, response) => void response.end(shown(request)));
    const oauth = { type: 'OAUTH', grantType: 'CLIENT_CREDENTIALS', clientId: 'gateway', clientSecret: password };
    const { path } = await apiWith(secured(echo.url, { ...oauth, tokenUrl: `${tokens.url}/token` }));
    expect([await text(path), await text(path)]).toEqual(['Bearer t1', 'Bearer t1']);
    expect(issued).toBe(1);
  });

  it('is nothing at all when there is no token to be had: the backend is not called', async () => {
    const echo = await backend((request, response) => void response.end(shown(request)));
    const oauth = { type: 'OAUTH', grantType: 'CLIENT_CREDENTIALS', clientId: 'gateway', clientSecret: password };
    const tokenUrl = `http://127.0.0.1:${await freePort()}/token`;
    const { path } = await apiWith(secured(echo.url, { ...oauth, tokenUrl }));
    const answer = await call(path);
    expect([answer.status, answer.json().code]).toEqual([503, '303001']);
  });
});

noSecretIsPrinted();
