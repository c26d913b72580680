import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Environment } from '@keygate/common/config';
import { BackOff } from '@keygate/common/lifecycle';

export interface PrivateRedis {
  readonly url: string;
  close(): Promise<void>;
}

const startMillis = 5_000;

/**
 * Redis has no channel to us, so a shell stands between: when our end of its input closes, be it because we were
 * killed, it stops Redis. That way nothing is left running.
 */
const guard = 'exec 3<&0; "$@" </dev/null & pid=$!; { read -r _ <&3; kill "$pid" 2>/dev/null; } & wait "$pid"';

/** A Redis of our own on a socket in a private folder, or undefined when there is no `redis-server`. */
export async function startPrivateRedis(env: Environment): Promise<PrivateRedis | undefined> {
  const program = findProgram('redis-server', env);
  if (program === undefined) return undefined;
  // Not in the data folder: the path of a socket may have no more than about 100 characters.
  const folder = mkdtempSync(join(tmpdir(), 'keygate-redis-'));
  const socket = join(folder, 'redis.sock');
  const keeper = new RedisKeeper(program, folder, socket);
  keeper.start();
  try {
    await answers(socket);
  } catch (error) {
    await keeper.close();
    throw error;
  }
  return { url: `unix://${socket}`, close: () => keeper.close() };
}

class RedisKeeper {
  private child: ChildProcess | undefined;
  private ended: Promise<void> = Promise.resolve();
  private closing = false;
  private readonly backOff = new BackOff();

  constructor(
    private readonly program: string,
    private readonly folder: string,
    private readonly socket: string,
  ) {}

  start(): void {
    const began = performance.now();
    const redis = [this.program, '--port', '0', '--unixsocket', this.socket, '--unixsocketperm', '700'];
    const memory = ['--save', '', '--appendonly', 'no', '--dir', this.folder, '--maxmemory', '256mb'];
    const args = ['-c', guard, 'keygate-redis', ...redis, ...memory, '--maxmemory-policy', 'volatile-lru'];
    // Its own process group: Ctrl-C in the terminal is for us, Redis goes last.
    const child = spawn('/bin/sh', args, { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
    this.child = child;
    this.ended = new Promise((resolve) => child.once('close', () => resolve()));
    child.stdin?.on('error', () => {});
    child.once('error', () => {});
    child.once('exit', () => {
      child.stdin?.destroy();
      if (this.closing) return;
      setTimeout(() => !this.closing && this.start(), this.backOff.after(performance.now() - began)).unref();
    });
  }

  async close(): Promise<void> {
    this.closing = true;
    this.child?.stdin?.end();
    await this.ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function answers(socket: string): Promise<void> {
  const end = performance.now() + startMillis;
  while (!(await connects(socket))) {
    if (performance.now() > end) throw new Error('redis-server did not start; unset it from the PATH or set REDIS_URL');
    await pause(20);
  }
}

function connects(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = createConnection({ path });
    connection.once('error', () => resolve(false));
    connection.once('connect', () => {
      connection.destroy();
      resolve(true);
    });
  });
}

function findProgram(name: string, env: Environment): string | undefined {
  const files = (env.PATH ?? '').split(delimiter).map((folder) => join(folder, name));
  return files.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
