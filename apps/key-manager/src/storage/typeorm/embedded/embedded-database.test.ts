import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLogger } from '@keygate/common/logging';
import { startProcess, temporaryFolder, waitUntil } from '@keygate/common/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { StoreUnavailable } from '../../errors.js';
import { grant, registerClient, tokenPair } from '../../fixtures.contract.js';
import { openStorage } from '../../open-storage.js';
import { DataFolderInUse } from './data-folder-lock.js';

const logger = createLogger({ name: 'test', level: 'silent', format: 'json' });
const sources = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const writer = fileURLToPath(new URL('./token-writer.mjs', import.meta.url));

// Without the image that the build makes, a first start takes PGlite seconds of processor time.
describe('the embedded database', { timeout: 120_000 }, () => {
  const cleanUps: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });

  function newFolder(): string {
    const folder = temporaryFolder();
    cleanUps.push(folder.remove);
    return folder.path;
  }

  async function open(dataDir: string) {
    const storage = await openStorage({ dataDir, poolSize: 1, logger, caseSensitiveUserNames: false });
    let closed = false;
    const close = async () => {
      if (!closed) await storage.close();
      closed = true;
    };
    cleanUps.push(close);
    return { ...storage, close };
  }

  it('keeps what it was given when it is closed and opened again', async () => {
    const dataDir = newFolder();
    const first = await open(dataDir);
    const pair = tokenPair(grant(await registerClient(first), 1), 1);
    await first.tokens.saveTokens(pair);
    await first.close();
    expect(readdirSync(dataDir)).toEqual(['database']);
    const second = await open(dataDir);
    expect(await second.tokens.findAccessToken(pair.accessToken.hash)).toMatchObject({ grant: pair.grant });
  });

  it('refuses a folder that is open already, in one line that names the process', async () => {
    const dataDir = newFolder();
    const first = await open(dataDir);
    const error: Error = await open(dataDir).catch((reason) => reason);
    expect(error).toBeInstanceOf(DataFolderInUse);
    expect(error.message).toContain(`process ${process.pid}`);
    expect(error.message).not.toContain('\n');
    await first.ping();
  });

  it('loses no acknowledged token when its process is killed', async () => {
    const dataDir = newFolder();
    const acknowledged = new Set<string>();
    for (let round = 0; round < 2; round++) {
      const child = await startProcess({ command: process.execPath, args: [writer, sources, dataDir] });
      const lines = () => child.output().match(/^[0-9a-f]{64}$/gm) ?? [];
      try {
        await waitUntil(() => lines().length >= 100, { timeoutMillis: 60_000, what: child.output() });
        await expect(open(dataDir)).rejects.toThrow(`process ${child.pid}`);
      } finally {
        child.signal('SIGKILL');
        await child.ended;
      }
      for (const line of lines()) acknowledged.add(line);
    }
    const storage = await open(dataDir);
    const missing = [];
    for (const line of acknowledged) {
      if ((await storage.tokens.findAccessToken(Buffer.from(line, 'hex'))) === undefined) missing.push(line);
    }
    expect(acknowledged.size).toBeGreaterThan(200);
    expect(missing).toEqual([]);
  });

  it('finishes what is under way when it is closed', async () => {
    const storage = await open(newFolder());
    const clientId = await registerClient(storage);
    const pair = tokenPair(grant(clientId, 1), 1);
    await storage.tokens.saveTokens(pair);
    const revoking = storage.tokens.revokeBy({ kind: 'grant', grantId: pair.grant.id }, 2);
    const closing = storage.close();
    await expect(storage.ping()).rejects.toThrow(StoreUnavailable);
    expect(await revoking).toBe(true);
    await closing;
  });

  it('says in one line that its files are damaged', async () => {
    const dataDir = newFolder();
    const first = await open(dataDir);
    await first.close();
    writeFileSync(join(dataDir, 'database', 'global', 'pg_control'), 'damaged');
    const error: Error = await open(dataDir).catch((reason) => reason);
    expect(error.message).toMatch(/^The embedded database in .* did not start: /);
    expect(error.message).not.toContain('\n');
    expect(error.message.length).toBeLessThan(400);
  });
});
