import { afterEach, describe, expect, it } from 'vitest';
import { catalogOf } from '../apis/test/catalog.js';
import { ok } from '../proxy/test/recording-backend.js';
import { type MediatedGateway, mediatedApi, sets, startMediated } from './test/mediated-gateway.js';

let world: MediatedGateway;
afterEach(() => world.stop());

const caching = { cacheSeconds: 60 };
const asked = () => world.backend.requestLines.length;

describe('an API with response caching', () => {
  it('answers again without its backend, with the age, and says so in the log', async () => {
    world = await startMediated(caching, { answer: ok('hello', ['ETag: "1"', 'X-Own: yes']) });
    const first = await world.call('GET /pets?a=1');
    expect(first.headers).not.toHaveProperty('age');
    world.now += 5_500;
    const second = await world.call('GET /pets?a=1');
    expect(second).toMatchObject({
      status: 200,
      body: 'hello',
      headers: { age: '5', 'x-own': 'yes', 'content-length': '5' },
    });
    expect(asked()).toBe(1);
    expect(world.gateway.ended.map(({ cacheStatus }) => cacheStatus)).toEqual(['miss', 'hit']);
    const head = await world.call('HEAD /pets?a=1');
    expect(head).toMatchObject({ status: 200, body: '', headers: { 'content-length': '5' } });
    expect(await world.call('GET /pets?a=1', ['If-None-Match: W/"1"'])).toMatchObject({ status: 304, body: '' });
    expect(asked()).toBe(1);
    await world.call('GET /pets?a=2');
    await world.call('GET /pets');
    expect(asked()).toBe(3);
  });

  it('asks again when the time is over', async () => {
    world = await startMediated(caching);
    await world.call('GET /pets');
    world.now += 60_001;
    await world.call('GET /pets');
    expect(asked()).toBe(2);
  });

  it('checks every call before: an answer in memory opens nothing', async () => {
    world = await startMediated(caching, { answer: ok('hello', ['Cache-Control: public, max-age=60']) });
    await world.call('GET /pets');
    expect((await world.call('GET /pets', ['Authorization: Bearer bad'])).status).toBe(401);
    expect((await world.call('GET /pets', ['Authorization: Bearer expired'])).status).toBe(401);
    expect(asked()).toBe(1);
  });

  it('gives one caller nothing that was answered to another, unless it is for everybody', async () => {
    world = await startMediated(caching);
    await world.call('GET /pets');
    await world.call('GET /pets', ['Authorization: Bearer scopes-read+update']);
    expect(asked()).toBe(2);
    await world.stop();
    world = await startMediated(caching, { answer: ok('hello', ['Cache-Control: public']) });
    await world.call('GET /pets');
    await world.call('GET /pets', ['Authorization: Bearer scopes-read+update']);
    expect(asked()).toBe(1);
  });

  it.each([
    ['no-store', ['Cache-Control: no-store']],
    ['private', ['Cache-Control: private, max-age=60']],
    ['no-cache', ['Cache-Control: max-age=60', 'Cache-Control: no-cache']],
    ['max-age=0', ['Cache-Control: max-age=0']],
    ['a past Expires', ['Expires: Thu, 01 Jan 1970 00:00:00 GMT']],
    ['an Expires of 0', ['Expires: 0']],
    ['Set-Cookie', ['Set-Cookie: a=b', 'Cache-Control: public, max-age=60']],
    ['Vary: *', ['Vary: Accept, *']],
    ['an age beyond its life', ['Cache-Control: max-age=60', 'Age: 60']],
  ])('keeps no answer with %s', async (_, headers) => {
    world = await startMediated(caching, { answer: ok('hello', headers) });
    await world.call('GET /pets');
    await world.call('GET /pets');
    expect(asked()).toBe(2);
  });

  it.each([
    ['404 without a word', 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n', 2],
    ['404 with max-age', 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nCache-Control: max-age=9\r\n\r\n', 1],
    ['500', 'HTTP/1.1 500 Oh\r\nContent-Length: 0\r\nCache-Control: max-age=9\r\n\r\n', 2],
    ['206', 'HTTP/1.1 206 Partial Content\r\nContent-Length: 0\r\nCache-Control: max-age=9\r\n\r\n', 2],
  ])('takes a %s as RFC 9111 does', async (_, answer, times) => {
    world = await startMediated(caching, { answer });
    await world.call('GET /pets');
    await world.call('GET /pets');
    expect(asked()).toBe(times);
  });

  it('lives by the shorter of what the API and the backend say', async () => {
    world = await startMediated(caching, { answer: ok('hello', ['Cache-Control: max-age=100, s-maxage=10']) });
    await world.call('GET /pets');
    world.now += 9_000;
    await world.call('GET /pets');
    expect(asked()).toBe(1);
    world.now += 1_001;
    await world.call('GET /pets');
    expect(asked()).toBe(2);
  });

  it.each([
    ['Cache-Control: no-cache'],
    ['Cache-Control: no-store'],
    ['Pragma: no-cache'],
    ['Cache-Control: max-age=1'],
    ['Cache-Control: min-fresh=59'],
    ['Range: bytes=0-1'],
    ['If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT'],
  ])('asks its backend for a client that says %s', async (header) => {
    world = await startMediated(caching);
    await world.call('GET /pets');
    world.now += 2_000;
    await world.call('GET /pets', [header]);
    expect(asked()).toBe(2);
  });

  it('keeps one answer for each value of what it varies by, and each coding apart', async () => {
    world = await startMediated(caching, { answer: ok('hello', ['Vary: Accept-Language', 'Content-Encoding: br']) });
    for (const language of ['de', 'en', 'de', 'en']) await world.call('GET /pets', [`Accept-Language: ${language}`]);
    expect(asked()).toBe(2);
    await world.call('GET /pets', ['Accept-Language: de', 'Accept-Encoding: gzip']);
    expect(asked()).toBe(3);
  });

  it('keeps nothing for a client with cookies unless the answer is for all (RFC 9111 section 3.5)', async () => {
    world = await startMediated(caching);
    await world.call('GET /pets', ['Cookie: session=1']);
    await world.call('GET /pets', ['Cookie: session=1']);
    expect(asked()).toBe(2);
  });

  it('forgets a target that was changed', async () => {
    world = await startMediated(caching);
    await world.call('GET /pets');
    await world.call('PUT /pets');
    await world.call('GET /pets');
    expect(asked()).toBe(3);
  });

  it('makes the edits of its policies on what it gives again, too', async () => {
    world = await startMediated({ ...caching, response: [sets('X-Answer', 'yes')] });
    await world.call('GET /pets');
    expect((await world.call('GET /pets')).headers).toMatchObject({ 'x-answer': 'yes' });
    expect(asked()).toBe(1);
  });

  it('keeps no answer that was cut off, and none that is too large', async () => {
    world = await startMediated(caching, {
      answer: (received, socket) => {
        const isLarge = received.includes('/large');
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${isLarge ? 30_000 : 10}\r\n\r\n`);
        if (isLarge) socket.write('x'.repeat(30_000));
        else socket.end('half');
      },
    });
    for (const target of ['/pets/half', '/pets/half', '/pets/large', '/pets/large']) await world.call(`GET ${target}`);
    expect(
      world.backend.connections.flatMap(({ received }) => received.match(/^GET .*half/gm) ?? []).length,
    ).toBeGreaterThanOrEqual(2);
    expect(world.backend.requestLines.filter((line) => line.includes('large'))).toHaveLength(2);
    expect(world.budget.held).toBe(0);
  });

  it('starts anew when the API is deployed again', async () => {
    let catalog = catalogOf();
    world = await startMediated(caching, { ports: { catalog: { current: () => catalog } } });
    const deploy = () => {
      catalog = catalogOf({ apis: [mediatedApi(world.backend.url, caching)] });
    };
    deploy();
    await world.call('GET /pets');
    await world.call('GET /pets');
    expect(asked()).toBe(1);
    deploy();
    await world.call('GET /pets');
    expect(asked()).toBe(2);
  });
});
