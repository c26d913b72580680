import { existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startProcess, temporaryFolder } from '@keygate/common/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DataFolderInUse, lockDataFolder } from './data-folder-lock.js';
import { identityOf } from './process-identity.js';

describe('lockDataFolder', () => {
  const watch = { watchMillis: 300, lookMillis: 20 };
  let folder: ReturnType<typeof temporaryFolder>;
  let path: string;

  beforeEach(() => {
    folder = temporaryFolder();
    path = join(folder.path, 'data', 'database.lock');
  });
  afterEach(() => folder.remove());

  const holder = () => JSON.parse(readFileSync(path, 'utf8'));

  it('is held by one at a time and free after it is released', async () => {
    const first = await lockDataFolder(path, watch);
    expect(holder()).toMatchObject({ pid: process.pid });
    await expect(lockDataFolder(path, watch)).rejects.toThrow(DataFolderInUse);
    first.release();
    expect(existsSync(path)).toBe(false);
    (await lockDataFolder(path, watch)).release();
  });

  it('takes the place of a process that is dead', async () => {
    const child = await startProcess({ command: process.execPath, args: ['-e', 'setInterval(() => {}, 1000)'] });
    const dead = JSON.stringify({ ...identityOf(child.pid), token: 'x' });
    child.signal('SIGKILL');
    await child.ended;
    (await lockDataFolder(path, watch)).release();
    writeFileSync(path, dead);
    const lock = await lockDataFolder(path, watch);
    expect(holder()).toMatchObject({ pid: process.pid });
    lock.release();
  });

  it('takes the place of a process whose number was given to another one since', async () => {
    (await lockDataFolder(path, watch)).release();
    writeFileSync(path, JSON.stringify({ ...identityOf(process.pid), startedAt: '1', token: 'x' }));
    (await lockDataFolder(path, watch)).release();
  });

  it.each(['{"pid":1', '', '[]', '{"pid":1,"space":"another container","token":"x"}'])(
    'judges an owner it cannot see by the heartbeat (%#)',
    async (content) => {
      (await lockDataFolder(path, watch)).release();
      writeFileSync(path, content);
      const heartbeat = setInterval(() => utimesSync(path, new Date(), new Date()), 10);
      await expect(lockDataFolder(path, watch)).rejects.toThrow(DataFolderInUse);
      clearInterval(heartbeat);
      (await lockDataFolder(path, watch)).release();
    },
  );

  it('lets one of many take the place of a dead owner', async () => {
    for (let round = 0; round < 10; round++) {
      (await lockDataFolder(path, watch)).release();
      writeFileSync(path, JSON.stringify({ ...identityOf(process.pid), startedAt: '1', token: 'x' }));
      const attempts = await Promise.allSettled(Array.from({ length: 10 }, () => lockDataFolder(path, watch)));
      const locks = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
      expect(locks).toHaveLength(1);
      locks[0]?.release();
    }
  });

  it('does not remove the lock of somebody else when it is released', async () => {
    const lock = await lockDataFolder(path, watch);
    writeFileSync(path, 'somebody else');
    lock.release();
    expect(readFileSync(path, 'utf8')).toBe('somebody else');
  });
});
