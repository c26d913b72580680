import { randomUUID } from 'node:crypto';
import type { OutgoingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import { type ChannelCredentials, credentials } from '@grpc/grpc-js';
import { createLogger } from '@keygate/common/logging';
import { temporaryFolder } from '@keygate/common/testing';
import { ensureCertificate } from '@keygate/common/tls';
import type { DemoOptions } from '../../src/admin/index.js';
import { type KeyManagerConfig, keyManagerSchema } from '../../src/config/key-manager.config.js';
import { type KeyManager, startKeyManager } from '../../src/main.js';
import type { Client } from '../../src/oauth2/model.js';
import { sha256 } from '../../src/oauth2/token-hash.js';
import { createMemoryStorage } from '../../src/storage/memory/memory-storage.js';
import type { Storage } from '../../src/storage/storage.js';
import { Passwords } from '../../src/users/passwords.js';
import { UserAccounts } from '../../src/users/user-accounts.js';
import { parseUserName } from '../../src/users/user-name.js';

export interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
  /** The body as JSON; undefined when it is none. */
  readonly body: Record<string, unknown>;
}

export interface TestKeyManager extends KeyManager {
  readonly config: KeyManagerConfig;
  readonly storage: Storage;
  readonly accounts: UserAccounts;
  readonly dataDir: string;
  /** Everything that was logged, one JSON line each. */
  readonly log: string[];
  readonly channel: { readonly address: string; readonly credentials: ChannelCredentials };
  send(method: string, path: string, headers?: OutgoingHttpHeaders, body?: string | Buffer): Promise<Answer>;
  /** A form to an endpoint of the authorization server. */
  post(path: string, form: Record<string, string>, authorization?: string): Promise<Answer>;
  createUser(username: string, password: string, roles: readonly string[]): Promise<void>;
  lockUser(username: string): Promise<void>;
  stop(): Promise<void>;
}

type Section = Record<string, unknown>;

/** A whole key manager on free ports, with cheap password hashes and everything it logs. */
export async function startTestKeyManager(
  options: {
    demo?: DemoOptions;
    gatewayBindAddress?: string;
    keyManager?: Section;
    redisUrl?: string;
    openStorage?: ((dataDir: string) => Promise<Storage>) | undefined;
  } = {},
): Promise<TestKeyManager> {
  const folder = temporaryFolder();
  const config = keyManagerSchema.parse({
    dataDir: folder.path,
    redis: options.redisUrl === undefined ? {} : { url: options.redisUrl, keyPrefix: 'kg-test' },
    keyManager: {
      adminPassword: 'admin',
      // The same for all, so that a test can start another one on the same storage.
      secretKey: 'the-server-key-of-all-test-key-managers',
      passwords: { memoryKib: 8_192, iterations: 1 },
      drainSeconds: 5,
      ...options.keyManager,
      listeners: { https: 0, http: 0, grpc: 0, operations: 0, ...(options.keyManager?.listeners as Section) },
    },
  });
  const log: string[] = [];
  const logger = createLogger({
    name: 'key-manager',
    level: 'debug',
    format: 'json',
    destination: { write: (line: string) => log.push(line) },
  });
  const storage = (await options.openStorage?.(folder.path)) ?? createMemoryStorage();
  const keyManager = await startKeyManager(config, {
    logger,
    storage,
    demo: options.demo,
    gatewayBindAddress: options.gatewayBindAddress,
  });
  const gateway = await ensureCertificate(folder.path, { name: 'gateway', commonName: 'gateway', kind: 'client' });
  const passwords = new Passwords(config.keyManager.passwords, { threads: 2, maxQueue: 10 });
  const accounts = new UserAccounts({ users: storage.users, passwords });
  const send = sender(keyManager.ports.https, gateway.ca);
  return {
    ...keyManager,
    config,
    storage,
    accounts,
    dataDir: folder.path,
    log,
    channel: {
      address: `localhost:${keyManager.ports.grpc}`,
      credentials: credentials.createSsl(Buffer.from(gateway.ca), Buffer.from(gateway.key), Buffer.from(gateway.cert)),
    },
    send,
    post: (path, form, authorization) =>
      send(
        'POST',
        path,
        {
          'content-type': 'application/x-www-form-urlencoded',
          ...(authorization === undefined ? {} : { authorization }),
        },
        new URLSearchParams(form).toString(),
      ),
    createUser: async (username, password, roles) => {
      await accounts.create({ name: parseUserName(username), password, roles }, { actor: 'test' });
    },
    async lockUser(username) {
      const user = await storage.users.findUser(parseUserName(username));
      if (user) await accounts.setLocked(user, true, { actor: 'test' });
    },
    async stop() {
      await keyManager.stop();
      folder.remove();
    },
  };
}

function sender(port: number, ca: string): TestKeyManager['send'] {
  return (method, path, headers = {}, body) =>
    new Promise((resolve, reject) => {
      const sent = request({ host: 'localhost', port, path, method, headers, ca, agent: false }, (response) => {
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

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

export const basic = (id: string, secret: string) => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;

export const alice = { username: 'alice', password: 'correct horse' };

/** A user with a role, a client with every grant, and two scopes: one for that role, one for another role. */
export async function seedFixtures(storage: Storage, change: Partial<Client> = {}) {
  const { clientId, secret } = await seedClient(storage, change);
  await storage.users.createRole('carbon.super', 'readers');
  await storage.users.createRole('carbon.super', 'writers');
  for (const [name, role] of [
    ['read', 'readers'],
    ['update', 'writers'],
  ] as const) {
    await storage.sharedScopes.createScope({
      id: randomUUID(),
      tenantDomain: 'carbon.super',
      name,
      displayName: name,
      description: name,
      bindings: [role],
    });
  }
  return { clientId, secret, authorization: basic(clientId, secret) };
}

export async function seedClient(storage: Storage, change: Partial<Client> = {}) {
  const secret = 'consumerSecret1234567890';
  const clientId = change.clientId ?? 'consumerKey12345678901234567';
  await storage.clientRegistry.registerClient(
    {
      clientId,
      tenantDomain: 'carbon.super',
      owner: 'admin@carbon.super',
      name: clientId,
      keyMappingId: randomUUID(),
      keyType: 'PRODUCTION',
      mode: 'CREATED',
      grantTypes: ['password', 'refresh_token', 'client_credentials'],
      callbackUrl: '',
      confidential: true,
      active: true,
      allTenants: false,
      lifetimes: {},
      additionalProperties: {},
      metadata: {},
      createdAt: Date.now(),
      ...change,
    },
    { id: randomUUID(), hash: sha256(secret), derived: false, createdAt: Date.now() },
  );
  return { clientId, secret };
}
