import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { freePort } from './free-port.js';
import { type RunningProcess, startProcess } from './process.js';
import { temporaryFolder } from './temporary-folder.js';

export interface RunningRedis {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
  /** SIGKILL: connections break at once. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay open and silent. */
  pause(): void;
  resume(): void;
}

/** A real Redis without persistence. Give a port to bring one back where another was. */
export async function startRedis(options: { readonly port?: number } = {}): Promise<RunningRedis> {
  const command = findOnPath('redis-server');
  if (command === undefined) throw new Error('redis-server is missing; install it with: apt-get install redis-server');
  const folder = temporaryFolder();
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort());
    try {
      const args = [
        '--port',
        `${port}`,
        '--bind',
        '127.0.0.1',
        '--save',
        '',
        '--appendonly',
        'no',
        '--dir',
        folder.path,
      ];
      const redis = await startProcess({ command, args, readyWhen: /Ready to accept connections/ });
      return running(redis, port, folder.remove);
    } catch (error) {
      // Another process may have taken the port between finding and binding it.
      if (attempt < 3 && options.port === undefined && /in use/i.test((error as Error).message)) continue;
      folder.remove();
      throw error;
    }
  }
}

function running(redis: RunningProcess, port: number, remove: () => void): RunningRedis {
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    pid: redis.pid,
    stop: async () => {
      await redis.stop();
      remove();
    },
    kill: async () => {
      redis.signal('SIGKILL');
      await redis.ended;
      remove();
    },
    pause: () => redis.signal('SIGSTOP'),
    resume: () => redis.signal('SIGCONT'),
  };
}

function findOnPath(program: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders
    .map((folder) => join(folder, program))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
