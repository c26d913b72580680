import { randomBytes } from 'node:crypto';
import { Agent, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createLogger } from '@keygate/common/logging';
import { createRegistry } from '@keygate/common/metrics';
import { temporaryFolder } from '@keygate/common/testing';
import { ensureCertificate } from '@keygate/common/tls';
import { fastify } from 'fastify';
import { defaultEnvironment } from '../../../src/apis/environments.js';
import { assemble } from '../../../src/assembly.js';
import { keyManagerSchema } from '../../../src/config/key-manager.config.js';
import { oauth2Plugin } from '../../../src/http/oauth2-plugin.js';
import { openKeySets } from '../../../src/jwks/open-key-sets.js';
import { connect, managementPlugin } from '../../../src/management/management-plugin.js';
import { planes } from '../../../src/management/planes.js';
import { createMemoryStorage } from '../../../src/storage/memory/memory-storage.js';
import type { Storage } from '../../../src/storage/storage.js';
import { parseUserName, superTenant } from '../../../src/users/user-name.js';

export interface Reply<T> {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
  readonly body: T;
}

export interface Call {
  readonly token?: string | undefined;
  readonly basic?: readonly [username: string, password: string] | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: unknown;
  readonly form?: Readonly<Record<string, string>> | undefined;
}

/** What tests read of answers; which members are there is what they assert. */
// biome-ignore lint/suspicious/noExplicitAny: a wire body is whatever came
export type Json = any;

export const portalScopes = [
  'api_view api_create api_publish api_delete api_manage subscription_view subscription_block subscription_manage',
  'api_generate_key client_certificates_add client_certificates_update ep_certificates_view ep_certificates_manage',
  'shared_scope_manage tier_view app_manage sub_manage subscribe admin',
]
  .join(' ')
  .split(' ')
  .map((name) => `apim:${name}`)
  .join(' ');

export type World = Awaited<ReturnType<typeof startWorld>>;

/** The authorization server and the REST APIs over real HTTPS, on a free port. */
export async function startWorld(
  openStorage: (dataDir: string) => Promise<Storage> = async () => createMemoryStorage(),
  settings: Readonly<Record<string, unknown>> = {},
) {
  const folder = temporaryFolder();
  const storage = await openStorage(folder.path);
  await storage.tenants.seedTenant(superTenant);
  const config = keyManagerSchema.parse({
    dataDir: folder.path,
    keyManager: { passwords: { memoryKib: 8_192, iterations: 1 }, ...settings },
  });
  const log: string[] = [];
  const logger = createLogger({
    name: 'key-manager',
    level: 'debug',
    format: 'json',
    destination: { write: (line: string) => log.push(line) },
  });
  const secretKey = randomBytes(32);
  const clock = { now: Date.now };
  const made = assemble({
    config: config.keyManager,
    storage,
    redis: undefined,
    secretKey,
    clientProofs: {},
    keySets: await openKeySets({ allowPrivateNetworks: true }, clock, logger),
    registry: createRegistry({ role: 'key-manager' }),
    logger,
    issuer: 'https://localhost/oauth2/token',
  });
  await made.signing.keeper.open();
  const parts = {
    ...made,
    tokenEndpoint: made.server.issueToken,
    secretKey,
    clock,
    throttling: config.keyManager.throttling,
    registration: { ...config.keyManager.oauth2.registration, origin: 'https://localhost' },
    grantTypes: config.keyManager.oauth2.grantTypes,
    environments: [defaultEnvironment()],
    liveGateways: () => 1,
  };
  const pair = await ensureCertificate(folder.path, { name: 'rest', commonName: 'localhost', kind: 'server' });
  const server = fastify({ https: { cert: pair.cert, key: pair.key } });
  const registered: { method: string | string[]; url: string }[] = [];
  server.addHook('onRoute', ({ method, url }) => void registered.push({ method, url }));
  server.register(oauth2Plugin(made.server, made.callers));
  server.register(managementPlugin(parts));
  await server.listen({ host: '127.0.0.1', port: 0 });
  const { port } = server.server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true, ca: pair.ca });
  const call = caller(port, agent);
  return {
    storage,
    secretKey,
    log,
    registered,
    planes: planes(connect(parts).ports),
    call,
    ...users(made.accounts, storage, call),
    async stop() {
      agent.destroy();
      await server.close();
      await made.signing.keeper.stop();
      await storage.close();
      folder.remove();
    },
  };
}

function caller(port: number, agent: Agent) {
  return (method: string, path: string, options: Call = {}): Promise<Reply<Json>> =>
    new Promise((resolve, reject) => {
      const [headers, body] = encode(options);
      const sent = request({ host: 'localhost', port, path, method, headers, agent }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body: parsed(text) });
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });
}

function encode({ token, basic, headers, body, form }: Call): [Record<string, string>, string | undefined] {
  const all: Record<string, string> = { ...headers };
  if (token !== undefined) all.authorization = `Bearer ${token}`;
  if (basic) all.authorization = `Basic ${Buffer.from(basic.join(':')).toString('base64')}`;
  if (form)
    return [{ ...all, 'content-type': 'application/x-www-form-urlencoded' }, new URLSearchParams(form).toString()];
  if (body === undefined) return [all, undefined];
  return [{ 'content-type': 'application/json', ...all }, typeof body === 'string' ? body : JSON.stringify(body)];
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

type Accounts = ReturnType<typeof assemble>['accounts'];

function users(accounts: Accounts, storage: Storage, call: ReturnType<typeof caller>) {
  const addUser = async (login: string, ...roles: string[]) => {
    const name = parseUserName(login);
    await storage.tenants.seedTenant(name.tenantDomain);
    return accounts.create({ name, password: `${login}-password`, roles }, { actor: 'test' });
  };
  /** DCR and a token with every portal scope the user may have, as WSO2's clients do it. */
  const tokenOf = async (login: string): Promise<string> => {
    const client = await call('POST', '/client-registration/v0.17/register', {
      basic: [login, `${login}-password`],
      body: { clientName: 'rest-client', owner: login, grantType: 'password refresh_token', saasApp: true },
    });
    const granted = await call('POST', '/oauth2/token', {
      basic: [client.body.clientId, client.body.clientSecret],
      form: { grant_type: 'password', username: login, password: `${login}-password`, scope: portalScopes },
    });
    return granted.body.access_token;
  };
  const logIn = async (login: string, ...roles: string[]): Promise<string> => {
    await addUser(login, ...roles);
    return tokenOf(login);
  };
  return { addUser, tokenOf, logIn };
}
