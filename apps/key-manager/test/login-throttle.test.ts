import type { Client } from '@grpc/grpc-js';
import { type RunningRedis, startRedis, waitUntil } from '@keygate/common/testing';
import { TokenServiceClient } from '@keygate/proto/keymanager/v1/token';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMemoryStorage } from '../src/storage/memory/memory-storage.js';
import { called, formRequest } from './support/grpc.js';
import { alice, basic, seedFixtures, startTestKeyManager, type TestKeyManager } from './support/key-manager.js';

const wrong = { username: alice.username, password: 'wrong' };
/** No test is so slow that it sees the end of such a delay. */
const loginThrottle = { baseDelaySeconds: 3_600, maxDelaySeconds: 3_600 };

async function metric(keyManager: TestKeyManager, line: string): Promise<number> {
  const text = await (await fetch(`${keyManager.urls.operations}/metrics`)).text();
  const found = text.split('\n').find((row) => row.startsWith(line));
  return Number(found?.split(' ').at(-1) ?? 0);
}

describe('too many wrong passwords', () => {
  let redis: RunningRedis;
  let first: TestKeyManager;
  let second: TestKeyManager;
  let authorization: string;

  beforeAll(async () => {
    redis = await startRedis();
    const storage = createMemoryStorage();
    const open = { openStorage: async () => storage, redisUrl: redis.url, keyManager: { loginThrottle } };
    first = await startTestKeyManager(open);
    second = await startTestKeyManager(open);
    ({ authorization } = await seedFixtures(storage));
    await first.createUser(alice.username, alice.password, ['admin']);
    await first.createUser('carol', 'carols password', ['admin']);
    await first.createUser('locked', 'a password', []);
    await first.lockUser('locked');
  });
  afterAll(async () => {
    await Promise.all([first.stop(), second.stop()]);
    await redis.stop();
  });

  const login = (keyManager: TestKeyManager, form: Record<string, string>) =>
    keyManager.post('/oauth2/token', { grant_type: 'password', ...form }, authorization);

  it('answer 429 and Retry-After on every node, for the right password too', async () => {
    for (let time = 0; time < 5; time++) {
      const { status, body } = await login(time % 2 ? first : second, wrong);
      expect([status, body.error]).toEqual([400, 'invalid_grant']);
    }
    for (const keyManager of [first, second]) {
      const { status, headers, body } = await login(keyManager, alice);
      expect(status).toBe(429);
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      expect(headers['cache-control']).toBe('no-store');
      expect(body).toEqual({
        error_description: 'Too many failed attempts. Try again later.',
        error: 'temporarily_unavailable',
      });
    }
  });

  it('let the same user in from elsewhere', async () => {
    const { address, credentials } = first.channel;
    const tokens = new TokenServiceClient(address, credentials);
    const from = async (clientAddress: string) => {
      const request = { ...formRequest({ grant_type: 'password', ...alice }, authorization), clientAddress };
      const { result } = await called(tokens.issueToken.bind(tokens), { request });
      return result?.$case === 'error' ? `${result.error.status} ${result.error.retryAfter}` : result?.$case;
    };
    expect(await from('203.0.113.9')).toBe('granted');
    expect(await from('127.0.0.1')).toMatch(/^429 \d+$/);
    expect(await from('::ffff:127.0.0.1')).toMatch(/^429 \d+$/);
    (tokens as Client).close();
  });

  it.each(['nobody', 'locked', 'carol'])('are answered alike for %s', async (username) => {
    const answers: string[] = [];
    for (let time = 0; time < 7; time++) {
      const { status, headers, text } = await login(first, { username, password: 'wrong' });
      answers.push(`${status} ${headers['retry-after'] === undefined ? '' : 'later'} ${text}`);
    }
    const refused = '{"error_description":"Authentication failed.","error":"invalid_grant"}';
    const delayed =
      '{"error_description":"Too many failed attempts. Try again later.","error":"temporarily_unavailable"}';
    expect(answers).toEqual([...Array(5).fill(`400  ${refused}`), ...Array(2).fill(`429 later ${delayed}`)]);
  });

  it('are the same at the REST APIs and at introspection', async () => {
    const introspect = await first.post('/oauth2/introspect', { token: 'x' }, basic('carol', 'carols password'));
    expect(introspect.status).toBe(429);
    expect(introspect.headers['retry-after']).toBeDefined();
    const register = await second.send('POST', '/client-registration/v0.17/register', {
      authorization: basic('carol', 'carols password'),
    });
    expect(register.status).toBe(429);
    expect(register.headers['retry-after']).toBeDefined();
    expect(register.body).toMatchObject({ code: 429, message: 'Too Many Requests' });
  });

  it('at the REST APIs count everywhere', async () => {
    for (let time = 0; time < 5; time++) {
      const headers = { authorization: basic('dave', 'wrong') };
      expect((await first.send('POST', '/client-registration/v0.17/register', headers)).status).toBe(401);
    }
    expect((await login(second, { username: 'dave', password: 'wrong' })).status).toBe(429);
  });

  it('leave a trace in the metrics and in the audit log, and no password in either', async () => {
    expect(await metric(first, 'keygate_refused_logins_total{reason="wrong"')).toBeGreaterThan(0);
    expect(await metric(first, 'keygate_refused_logins_total{reason="login_delay"')).toBeGreaterThan(0);
    let events: string[] = [];
    await waitUntil(async () => {
      events = (await first.storage.auditTrail.newestEvents({ limit: 1_000 })).map((event) => JSON.stringify(event));
      return events.some((event) => event.includes('login.throttled') && event.includes('nobody'));
    });
    const failed = events.filter((event) => event.includes('"login.failed"') && event.includes('"alice"'));
    expect(failed.length).toBeGreaterThan(0);
    expect(failed.length).toBeLessThanOrEqual(2);
    expect(failed[0]).toContain('127.0.0.1');
    expect(events.join()).not.toContain('carols password');
    const log = first.log.join('');
    expect(log).not.toContain('carols password');
  });

  it('do not delay clients that send a wrong secret, but keep them in the audit log', async () => {
    for (let time = 0; time < 20; time++) {
      const answer = await first.post('/oauth2/token', { grant_type: 'client_credentials' }, basic('ghost', 'wrong'));
      expect(answer.status).toBe(401);
    }
    await waitUntil(async () =>
      (await first.storage.auditTrail.newestEvents({ limit: 1_000 })).some(
        ({ action, actor }) => action === 'client.refused' && actor === 'ghost',
      ),
    );
  });

  it('are counted by each node alone while Redis is away', async () => {
    await redis.stop();
    const eve = { username: 'eve', password: 'wrong' };
    for (const keyManager of [first, second]) {
      for (let time = 0; time < 5; time++) expect((await login(keyManager, eve)).status).toBe(400);
      expect((await login(keyManager, eve)).status).toBe(429);
    }
    expect((await login(first, { username: 'frank', password: 'wrong' })).status).toBe(400);
  });
});

describe('200 parallel logins', () => {
  let keyManager: TestKeyManager;
  let authorization: string;
  let tokens: TokenServiceClient;

  beforeAll(async () => {
    // What a hash costs in production.
    keyManager = await startTestKeyManager({ keyManager: { passwords: { memoryKib: 19_456, iterations: 2 } } });
    ({ authorization } = await seedFixtures(keyManager.storage));
    tokens = new TokenServiceClient(keyManager.channel.address, keyManager.channel.credentials);
  });
  afterAll(async () => {
    (tokens as Client).close();
    await keyManager.stop();
  });

  it('do not keep an application from its token', async () => {
    const order: string[] = [];
    const issue = async (form: Record<string, string>) => {
      await new Promise<void>((resolve, reject) => {
        const request = { request: formRequest(form, authorization) };
        tokens.issueToken(request, (error) => (error ? reject(error) : resolve()));
      });
      order.push(form.grant_type ?? '');
    };
    const logins = Array.from({ length: 200 }, (_, at) =>
      issue({ grant_type: 'password', username: `user-${at}`, password: 'wrong' }),
    );
    const others = Array.from({ length: 20 }, () => issue({ grant_type: 'client_credentials' }));
    await Promise.all([...logins, ...others]);
    expect(order).toHaveLength(220);
    // The queue of passwords is far from empty when the last of the others has its answer.
    expect(order.slice(order.lastIndexOf('client_credentials')).length).toBeGreaterThan(100);
  });
});
