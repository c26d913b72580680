import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { identityOf, isAlive, type ProcessIdentity } from './process-identity.js';

/** Another process has the data folder open. Two on one folder lose rows that were acknowledged. */
export class DataFolderInUse extends Error {
  override readonly name = 'DataFolderInUse';
}

export interface FolderLock {
  release(): void;
}

type Owner = ProcessIdentity & { readonly token: string };

const heartbeatMillis = 1_000;

export interface Watch {
  /** An owner that cannot be seen from here (another container) is judged by its heartbeat, watched for this long. */
  readonly watchMillis: number;
  readonly lookMillis: number;
}

const defaultWatch: Watch = { watchMillis: 5 * heartbeatMillis, lookMillis: heartbeatMillis / 4 };

/** Takes the lock file, or a dead owner's place. Throws `DataFolderInUse` when its owner lives. */
export async function lockDataFolder(path: string, watch: Watch = defaultWatch): Promise<FolderLock> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const own = JSON.stringify({ ...identityOf(process.pid), token: randomUUID() });
  for (let attempt = 0; attempt < 50; attempt++) {
    if (create(path, own)) return hold(path, own);
    const found = read(path);
    if (found !== undefined) {
      if (await ownerLives(path, found, watch)) throw new DataFolderInUse(inUse(path, found));
      if (takeOver(path, found, own)) return hold(path, own);
    }
    // Released or taken between two looks.
    await pause(10);
  }
  throw new DataFolderInUse(inUse(path, read(path)));
}

function create(path: string, own: string): boolean {
  try {
    writeFileSync(path, own, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function hold(path: string, own: string): FolderLock {
  const heartbeat = setInterval(() => {
    try {
      utimesSync(path, new Date(), new Date());
    } catch {
      // The folder was removed under us; the database reports that itself.
    }
  }, heartbeatMillis);
  heartbeat.unref();
  const release = () => {
    clearInterval(heartbeat);
    process.off('exit', release);
    if (read(path) === own) remove(path);
  };
  process.on('exit', release);
  return { release };
}

async function ownerLives(path: string, found: string, watch: Watch): Promise<boolean> {
  const owner = parse(found);
  const alive = owner && isAlive(owner);
  if (alive !== undefined) return alive;
  // Written half, or by a process that cannot be seen from here: does it still touch the file?
  const before = touchedAt(path);
  const end = Date.now() + watch.watchMillis;
  while (Date.now() < end) {
    await pause(watch.lookMillis);
    if (touchedAt(path) !== before) return true;
  }
  return false;
}

/**
 * Behind a gate that one process passes at a time, and judged again there: two that found the same dead owner must not
 * both remove what is there, or the second would remove the lock of the first.
 */
function takeOver(path: string, judged: string, own: string): boolean {
  const gate = `${path}.takeover`;
  if (!create(gate, own)) {
    // Passing takes no millisecond; who is in there for longer was killed.
    if (Date.now() - touchedAt(gate) > 10 * heartbeatMillis) remove(gate);
    return false;
  }
  try {
    if (read(path) !== judged) return false;
    remove(path);
    return create(path, own);
  } finally {
    remove(gate);
  }
}

function remove(path: string): void {
  rmSync(path, { force: true });
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function touchedAt(path: string): number {
  try {
    return statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

function parse(text: string): Owner | undefined {
  try {
    const owner = JSON.parse(text);
    return typeof owner?.pid === 'number' && typeof owner.space === 'string' ? owner : undefined;
  } catch {
    return undefined;
  }
}

function inUse(path: string, found: string | undefined): string {
  const pid = found === undefined ? undefined : parse(found)?.pid;
  return (
    `The embedded database in ${dirname(path)} is in use by ${pid === undefined ? 'another process' : `process ${pid}`}: ` +
    'stop it, or give this one another data folder (dataDir) or a PostgreSQL (keyManager.databaseUrl)'
  );
}
