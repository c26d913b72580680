import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { freePorts, startPostgres, startProcess, startRedis, temporaryFolder, waitUntil } from './index.js';

describe('testing tools', () => {
  const stops: (() => unknown)[] = [];
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
  });

  it('starts a PostgreSQL that answers', async () => {
    const postgres = await startPostgres();
    stops.push(postgres.stop);
    const client = new pg.Client({ connectionString: postgres.url });
    await client.connect();
    const { rows } = await client.query('select 40 + 2 as answer');
    await client.end();
    expect(rows).toEqual([{ answer: 42 }]);
  });

  it('starts a Redis, and brings one back on the same port after a kill', async () => {
    const first = await startRedis();
    stops.push(first.stop);
    await first.kill();
    const second = await startRedis({ port: first.port });
    stops.push(second.stop);
    const redis = new Redis(second.url);
    stops.push(() => redis.disconnect());
    expect(await redis.ping()).toBe('PONG');
    expect(second.url).toBe(first.url);
  });

  it('finds different free ports', async () => {
    expect(new Set(await freePorts(5)).size).toBe(5);
  });

  it('removes a temporary folder with its content', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder.path, 'file'), '');
    folder.remove();
    expect(existsSync(folder.path)).toBe(false);
  });

  it('answers what the probe found, and says what was waited for when it never comes', async () => {
    let calls = 0;
    expect(await waitUntil(() => ++calls > 2 && 'found')).toBe('found');
    await expect(waitUntil(() => false, { timeoutMillis: 30, what: 'rain' })).rejects.toThrow('rain did not come true');
  });

  it('collects output and messages of a process and stops it', async () => {
    const folder = temporaryFolder();
    stops.push(folder.remove);
    const script = join(folder.path, 'child.mjs');
    writeFileSync(script, `console.log('up'); process.send({ ready: true }); setInterval(() => {}, 1000);`);
    const child = await startProcess({ command: script, ipc: true, readyWhen: /up/ });
    await waitUntil(() => child.messages.length > 0);
    expect(child.messages).toEqual([{ ready: true }]);
    expect(await child.stop()).toEqual({ code: null, signal: 'SIGTERM' });
    expect(child.isRunning()).toBe(false);
  });
});
