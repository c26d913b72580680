import { connect } from 'node:net';
import { freePort, waitUntil } from '@keygate/common/testing';
import { BalancingMethod } from '@keygate/proto/keymanager/v1/catalog';
import { afterEach, describe, expect, it } from 'vitest';
import { EndpointBed, noProtection } from './test/endpoints.js';
import { call, head, type TestGateway } from './test/gateway.js';

const bed = new EndpointBed();
afterEach(() => bed.stop());

const balancing = (method: BalancingMethod, weights: number[] = []) => ({
  balancing: { method, weights, stickyMillis: 0, stickyKey: Buffer.alloc(0) },
});

async function named(...names: string[]): Promise<string[]> {
  return Promise.all(names.map(async (name) => (await bed.backend(name)).url));
}

async function answers(gateway: TestGateway, times: number): Promise<string> {
  let text = '';
  for (let i = 0; i < times; i++) text += (await call(gateway.port, 'GET /open/x')).body;
  return text;
}

describe('several addresses', () => {
  it('take turns', async () => {
    const gateway = await bed.gateway({ urls: await named('a', 'b', 'c') });
    expect(await answers(gateway, 6)).toBe('abcabc');
  });

  it('get calls by weight', async () => {
    const urls = await named('a', 'b');
    const gateway = await bed.gateway({ urls, ...balancing(BalancingMethod.BALANCING_METHOD_WEIGHTED, [3, 1]) });
    expect([...(await answers(gateway, 8))].sort().join('')).toBe('aaaaaabb');
  });

  it('get calls by how busy they are', async () => {
    const busy = await bed.backend(() => undefined);
    const urls = [busy.url, ...(await named('b'))];
    const gateway = await bed.gateway({ urls, ...balancing(BalancingMethod.BALANCING_METHOD_LEAST_CONNECTIONS) });
    const first = connect(gateway.port, '127.0.0.1');
    first.write(head('GET /open/held'));
    await waitUntil(() => busy.requestLines.length === 1);
    expect(await answers(gateway, 4)).toBe('bbbb');
    expect(busy.requestLines).toHaveLength(1);
    first.destroy();
  });

  it('fall back on the next when the first is gone', async () => {
    const urls = [`http://127.0.0.1:${await freePort()}`, ...(await named('b'))];
    const gateway = await bed.gateway({ urls, ...balancing(BalancingMethod.BALANCING_METHOD_FAILOVER) });
    expect(await answers(gateway, 8)).toBe('bbbbbbbb');
    expect(gateway.failures).toEqual([]);
  });
});

describe('a sticky endpoint', () => {
  const cookieOf = (header = '') => header.split(';')[0] ?? '';

  async function sticky() {
    const backends = await Promise.all(['a', 'b'].map((name) => bed.backend(name)));
    const gateway = await bed.gateway({
      urls: backends.map(({ url }) => url),
      balancing: {
        method: BalancingMethod.BALANCING_METHOD_ROUND_ROBIN,
        ...{ weights: [], stickyMillis: 60_000, stickyKey: Buffer.alloc(32, 7) },
      },
      protection: { ...noProtection, failuresToOpen: 1 },
    });
    return {
      backends,
      gateway,
      get: (cookie: string) => call(gateway.port, 'GET /open/x', cookie ? [`Cookie: ${cookie}`] : []),
    };
  }

  it('holds a client to its address by a cookie that no script and no backend sees', async () => {
    const { backends, get } = await sticky();
    const { body, headers } = await get('own=1');
    expect(headers['set-cookie']).toMatch(
      /^keygate-backend=[\w-]{22}; Path=\/open; Max-Age=60; HttpOnly; SameSite=Lax$/,
    );
    const cookie = cookieOf(headers['set-cookie']);
    for (let i = 0; i < 3; i++) {
      const answer = await get(`own=1; ${cookie}; other=2`);
      expect([answer.body, answer.headers['set-cookie']]).toEqual([body, undefined]);
    }
    const backend = backends[body === 'a' ? 0 : 1];
    expect(backend?.header('cookie')).toEqual(['own=1', ...Array(3).fill('own=1; other=2')]);
    expect((await get(cookie)).body).toBe(body);
    expect(backend?.received).not.toContain('keygate-backend');
  });

  it('ignores a cookie that was made up', async () => {
    const { get } = await sticky();
    const forged = await Promise.all(['keygate-backend=AAAAAAAAAAAAAAAAAAAAAA', 'keygate-backend=0'].map(get));
    expect(new Set(forged.map(({ body }) => body))).toEqual(new Set(['a', 'b']));
    for (const { headers } of forged) expect(headers['set-cookie']).toContain('keygate-backend=');
  });

  it('tells nobody an address, and the same client another one when its own is gone', async () => {
    const { backends, get } = await sticky();
    const { body, headers } = await get('');
    for (const { port } of backends) expect(headers['set-cookie']).not.toContain(String(port));
    await backends[body === 'a' ? 0 : 1]?.stop();
    const moved = await get(cookieOf(headers['set-cookie']));
    expect([moved.status, moved.body]).toEqual([200, body === 'a' ? 'b' : 'a']);
    expect(cookieOf(moved.headers['set-cookie'])).not.toBe(cookieOf(headers['set-cookie']));
  });
});

it('a URL template is filled in from the resource', async () => {
  const backend = await bed.backend('a');
  const gateway = await bed.gateway({ urls: [`${backend.url}/by/{uri.var.id}`] });
  await call(gateway.port, 'GET /open/pets/a%20b,c?x=1');
  expect(backend.requestLines).toEqual(['GET /by/a%20b%2Cc/pets/a%20b,c?x=1 HTTP/1.1']);
});
