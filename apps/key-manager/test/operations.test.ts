import { createServer } from 'node:net';
import { Client, Metadata } from '@grpc/grpc-js';
import { clientChannelOptions } from '@keygate/common/grpc';
import { PortTaken } from '@keygate/common/lifecycle';
import { waitUntil } from '@keygate/common/testing';
import { TokenServiceClient } from '@keygate/proto/keymanager/v1/token';
import { service as healthService } from 'grpc-health-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StoreUnavailable } from '../src/storage/errors.js';
import { createMemoryStorage } from '../src/storage/memory/memory-storage.js';
import { WeakAdminPassword } from '../src/users/first-users.js';
import { called, formRequest } from './support/grpc.js';
import { seedFixtures, startTestKeyManager, type TestKeyManager } from './support/key-manager.js';

const get = async (url: string) => {
  const response = await fetch(url);
  return { status: response.status, text: await response.text() };
};

/** `grpc.health.v1.Health/Check` as an independent client would send it. */
function checkHealth(client: Client): Promise<string> {
  const { path, requestSerialize, responseDeserialize } = healthService.Check as NonNullable<
    typeof healthService.Check
  >;
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest<object, object>(
      path,
      requestSerialize,
      responseDeserialize,
      { service: '' },
      new Metadata(),
      { deadline: Date.now() + 5_000 },
      (error, answer) => (error ? reject(error) : resolve(String((answer as { status?: string }).status))),
    );
  });
}

describe('operations', () => {
  const storage = createMemoryStorage();
  let isDown = false;
  let keyManager: TestKeyManager;

  beforeAll(async () => {
    const ping = async () => {
      if (isDown) throw new StoreUnavailable('secret-host:5432 refused');
    };
    keyManager = await startTestKeyManager({
      openStorage: () => Promise.resolve({ ...storage, ping }),
      redisUrl: 'redis://127.0.0.1:1',
    });
  });
  afterAll(() => keyManager.stop());

  it('readiness names what it depends on', async () => {
    expect(await keyManager.ready()).toBe(true);
    const { status, text } = await get(`${keyManager.urls.operations}/readyz`);
    expect(status).toBe(200);
    expect(JSON.parse(text)).toEqual({
      status: 'ready',
      checks: { database: 'ok', redis: 'degraded: not connected' },
    });
    isDown = true;
    const down = await get(`${keyManager.urls.operations}/readyz`);
    isDown = false;
    expect(down.status).toBe(503);
    expect(down.text).toContain('"database":"does not answer"');
    expect(down.text).not.toContain('secret-host');
    expect((await get(`${keyManager.urls.operations}/healthz`)).status).toBe(200);
  });

  it('counts grants, failures and validations', async () => {
    const { authorization } = await seedFixtures(keyManager.storage);
    await keyManager.post('/oauth2/token', { grant_type: 'client_credentials' }, authorization);
    await keyManager.post('/oauth2/token', { grant_type: 'made up' }, authorization);
    await keyManager.post('/oauth2/token', { grant_type: 'client_credentials' }, 'Basic eDp5');
    const { text } = await get(`${keyManager.urls.operations}/metrics`);
    const lines = text.split('\n').filter((line) => line.startsWith('keygate_oauth2_requests_total'));
    expect(lines.join('\n')).toMatch(/grant_type="client_credentials",result="ok".* 1/);
    expect(lines.join('\n')).toMatch(/grant_type="other",result="unsupported_grant_type".* 1/);
    expect(lines.join('\n')).toMatch(/grant_type="client_credentials",result="invalid_client".* 1/);
    expect(text).not.toContain('made up');
    expect(text).toContain('keygate_password_checks{state="waiting"');
  });

  it('says SERVING to gRPC health checks, over connections that ping twice a second', async () => {
    const { address, credentials } = keyManager.channel;
    const client = new Client(address, credentials, clientChannelOptions());
    const second = 1_000;
    expect(await checkHealth(client)).toBe('SERVING');
    const began = Date.now();
    await waitUntil(() => Date.now() - began > 2.5 * second, { timeoutMillis: 10_000 });
    expect(await checkHealth(client)).toBe('SERVING');
    client.close();
  });
});

describe('a stop', () => {
  it('lets open calls finish, refuses new ones, and leaves no port open', async () => {
    const storage = createMemoryStorage();
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let reached = 0;
    const saveTokens: typeof storage.tokens.saveTokens = async (tokens) => {
      reached += 1;
      await held;
      return storage.tokens.saveTokens(tokens);
    };
    const tokens = new Proxy(storage.tokens, {
      get: (target, name, receiver) => {
        if (name === 'saveTokens') return saveTokens;
        const member: unknown = Reflect.get(target, name, receiver);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
    const keyManager = await startTestKeyManager({ openStorage: () => Promise.resolve({ ...storage, tokens }) });
    const { authorization } = await seedFixtures(storage);
    const form = { grant_type: 'client_credentials' };
    const client = new TokenServiceClient(keyManager.channel.address, keyManager.channel.credentials);
    const https = keyManager.post('/oauth2/token', form, authorization);
    const grpc = called(client.issueToken.bind(client), { request: formRequest(form, authorization) });
    await waitUntil(() => reached === 2, { timeoutMillis: 5_000 });

    const stopped = keyManager.stop();
    expect(keyManager.stop()).toBeInstanceOf(Promise);
    await waitUntil(async () => (await get(`${keyManager.urls.operations}/readyz`)).status === 503, {
      timeoutMillis: 5_000,
    });
    await expect(keyManager.post('/oauth2/token', form, authorization)).rejects.toThrow(/ECONNREFUSED/);
    release();
    expect((await https).status).toBe(200);
    expect((await grpc).result?.$case).toBe('granted');
    await stopped;
    client.close();
    await expect(get(`${keyManager.urls.operations}/healthz`)).rejects.toThrow();
  });
});

describe('a start', () => {
  it.each(['https', 'http', 'grpc', 'operations'])('names the setting when the %s port is taken', async (name) => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const address = taken.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const failure = await startTestKeyManager({ keyManager: { listeners: { [name]: port } } }).catch((error) => error);
    expect(failure).toBeInstanceOf(PortTaken);
    expect(failure.message).toBe(
      `port ${port} (keyManager.listeners.${name}) on 127.0.0.1 is taken; free it or try --port-offset 1`,
    );
    await new Promise((resolve) => taken.close(resolve));
  });

  it('makes up an admin password, once, when none is configured', async () => {
    const storage = createMemoryStorage();
    const openStorage = () => Promise.resolve({ ...storage, close: () => Promise.resolve() });
    const first = await startTestKeyManager({ openStorage, keyManager: { adminPassword: undefined } });
    expect(first.adminPassword).toMatch(/^[\w-]{24}$/);
    expect(first.log.join('')).not.toContain(first.adminPassword);
    await first.stop();
    const second = await startTestKeyManager({ openStorage, keyManager: { adminPassword: undefined } });
    expect(second.adminPassword).toBeUndefined();
    await second.stop();
  });

  it('refuses a weak admin password where other machines can reach it', async () => {
    const listeners = { bindAddress: '0.0.0.0' };
    await expect(startTestKeyManager({ keyManager: { adminPassword: 'admin', listeners } })).rejects.toThrow(
      WeakAdminPassword,
    );
    const strong = await startTestKeyManager({ keyManager: { adminPassword: 'seven grey geese', listeners } });
    await strong.stop();
  });

  it('refuses an admin password below the length that passwords have', async () => {
    await expect(startTestKeyManager({ keyManager: { adminPassword: 'four' } })).rejects.toThrow(
      'keyManager.adminPassword (KEYGATE_ADMIN_PASSWORD): the password is shorter than 5 characters',
    );
  });

  it('refuses the weak admin password of an earlier start where other machines can reach it', async () => {
    const storage = createMemoryStorage();
    const openStorage = () => Promise.resolve({ ...storage, close: () => Promise.resolve() });
    const first = await startTestKeyManager({ openStorage, keyManager: { adminPassword: 'admin' } });
    await first.stop();
    for (const adminPassword of [undefined, 'seven grey geese']) {
      const outside = { adminPassword, listeners: { bindAddress: '0.0.0.0' } };
      await expect(startTestKeyManager({ openStorage, keyManager: outside })).rejects.toThrow(WeakAdminPassword);
    }
  });
});
