import { afterEach, describe, expect, it } from 'vitest';
import { createRegistry } from '../metrics/index.js';
import { type OperationsServer, type OperationsSettings, startOperationsServer } from './index.js';

describe('operations server', () => {
  let server: OperationsServer | undefined;
  afterEach(() => server?.close());

  async function start(readiness: OperationsSettings['readiness']) {
    server = await startOperationsServer({
      host: '127.0.0.1',
      port: 0,
      setting: 'gateway.listeners.operations',
      portOffset: 0,
      readiness,
      metrics: createRegistry({ role: 'gateway' }),
    });
    return (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${server?.port}${path}`, init);
  }

  it('is ready when every check is', async () => {
    const get = await start({ database: async () => undefined });
    const answer = await get('/readyz');
    expect([answer.status, await answer.json()]).toEqual([200, { status: 'ready', checks: { database: 'ok' } }]);
  });

  it('says which check fails, also when it throws, and stays healthy', async () => {
    const get = await start({
      database: async () => 'connection refused',
      streams: () => Promise.reject(new Error('cut')),
    });
    const answer = await get('/readyz');
    expect(answer.status).toBe(503);
    expect(await answer.json()).toEqual({
      status: 'not ready',
      checks: { database: 'connection refused', streams: 'cut' },
    });
    expect((await get('/healthz')).status).toBe(200);
  });

  it('stays ready without something it can do without', async () => {
    const get = await start({ redis: async () => ({ degraded: 'not reachable' }) });
    const answer = await get('/readyz');
    expect([answer.status, await answer.json()]).toEqual([
      200,
      { status: 'ready', checks: { redis: 'degraded: not reachable' } },
    ]);
  });

  it('is not ready while a check hangs, and answers all the same', async () => {
    const get = await start({ database: () => new Promise(() => {}) });
    const answer = await get('/readyz');
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ checks: { database: expect.stringContaining('no answer within') } });
  });

  it('is not ready while draining', async () => {
    const get = await start({});
    server?.drain();
    expect((await get('/readyz')).status).toBe(503);
    expect((await get('/healthz')).status).toBe(200);
  });

  it('serves metrics with the labels of the process', async () => {
    const get = await start({});
    expect(await (await get('/metrics')).text()).toMatch(/process_cpu_seconds_total\{role="gateway"\}|role="gateway"/);
  });

  it('answers 404 and 405 for what it does not serve', async () => {
    const get = await start({});
    expect((await get('/secret')).status).toBe(404);
    expect((await get('/readyz', { method: 'POST' })).status).toBe(405);
  });
});
