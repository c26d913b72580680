import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exchangeBytes } from '../proxy/test/gateway.js';
import { ok } from '../proxy/test/recording-backend.js';
import { type MediatedGateway, startMediated } from './test/mediated-gateway.js';

let world: MediatedGateway;
beforeEach(async () => {
  world = await startMediated(
    { cacheSeconds: 60 },
    { answer: ok('hello', ['Cache-Control: public, max-age=60', 'Connection: close']) },
  );
});
afterEach(() => world.stop());

const asked = () => world.backend.requestLines.length;

describe('an answer that is kept for everybody', () => {
  it('is not the answer to a GET with a body, whose answer nobody else gets either', async () => {
    await world.call('GET /open', [], 'what I want\n');
    expect(world.gateway.ended[0]?.cacheStatus).toBeUndefined();
    await world.call('GET /open');
    expect(asked()).toBe(2);
    await world.call('GET /open', [], 'what I want\n');
    expect(asked()).toBe(3);
    await world.call('GET /open');
    expect(asked()).toBe(3);
  });

  it('is for those who asked at the same host: backends write it into links', async () => {
    const get = (host: string) =>
      exchangeBytes(
        world.gateway.port,
        `GET /petstore/1.0.0/open HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
      );
    await get('evil.example');
    await get('good.example');
    expect(asked()).toBe(2);
    await get('good.example');
    expect(asked()).toBe(2);
  });
});
