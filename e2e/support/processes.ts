import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { recordOutput } from './secrets.js';
import { waitUntil } from './wait.js';

export const repository = fileURLToPath(new URL('../..', import.meta.url));
const cli = fileURLToPath(new URL('../../apps/cli/dist/main.js', import.meta.url));

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Running {
  readonly pid: number;
  readonly name: string;
  /** Everything written to standard output and standard error so far. */
  output(): string;
  readonly exited: Promise<Exit>;
  hasExited(): boolean;
  /** Sends SIGTERM (or another signal) and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<Exit>;
  signal(signal: NodeJS.Signals): void;
  /** SIGKILL: nothing is flushed, nothing is said. */
  kill(): Promise<Exit>;
}

const alive = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of alive) {
    child.kill('SIGKILL');
  }
});

/** The environment a process gets: nothing of ours that is a setting, so that a developer's shell changes no test. */
function environment(extra: Readonly<Record<string, string | undefined>>): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) =>
      !/^(GATEWAY_|KEY_MANAGER_|KEYGATE_|REDIS_|DATABASE_|LOG_|PORT_OFFSET|VITEST|NODE_OPTIONS|NODE_ENV)/.test(name),
  );
  const wanted = Object.entries(extra).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries([...inherited, ...wanted]);
}

export interface StartOptions {
  readonly name?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** False for programs that are not the product, such as curl: their output may hold tokens. */
  readonly record?: boolean;
  /** User and group id to run as, when this process may choose. */
  readonly user?: number;
}

export function start(command: string, args: readonly string[], options: StartOptions = {}): Running {
  const name = options.name ?? [command, ...args].join(' ');
  const child = spawn(command, args, {
    cwd: options.cwd ?? repository,
    env: environment(options.env ?? {}),
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.user !== undefined && process.getuid?.() === 0 ? { uid: options.user, gid: options.user } : {}),
  });
  alive.add(child);
  let text = '';
  let exit: Exit | undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      text += chunk;
      if (options.record !== false) {
        recordOutput(name, chunk);
      }
    });
  }
  const exited = new Promise<Exit>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      alive.delete(child);
      exit = { code, signal };
      resolve(exit);
    });
  });
  const send = (signal: NodeJS.Signals) => {
    child.kill(signal);
  };
  const end = async (signal: NodeJS.Signals) => {
    send(signal);
    return exited;
  };
  return {
    pid: child.pid ?? 0,
    name,
    output: () => text,
    exited,
    hasExited: () => exit !== undefined,
    signal: send,
    stop: (signal = 'SIGTERM') => end(signal),
    kill: () => end('SIGKILL'),
  };
}

/** Starts the built `keygate` command. */
export function startKeygate(args: readonly string[], options: StartOptions = {}): Running {
  return start(process.execPath, [cli, ...args], { name: `keygate ${args.join(' ')}`, ...options });
}

export interface Finished extends Exit {
  readonly output: string;
}

/** Runs a command to its end. */
export async function run(command: string, args: readonly string[], options: StartOptions = {}): Promise<Finished> {
  const running = start(command, args, options);
  const exit = await running.exited;
  return { ...exit, output: running.output() };
}

export async function runKeygate(args: readonly string[], options: StartOptions = {}): Promise<Finished> {
  const running = startKeygate(args, options);
  const exit = await running.exited;
  return { ...exit, output: running.output() };
}

/** Waits until a process says it is ready; its early end is reported with what it printed. */
export async function waitUntilReady(
  running: Running,
  probe: () => Promise<boolean>,
  timeoutMillis = 60_000,
): Promise<void> {
  await waitUntil(
    async () => {
      if (running.hasExited()) {
        throw new Error(`${running.name} ended before it was ready:\n${running.output().slice(-4_000)}`);
      }
      return probe();
    },
    { timeoutMillis, what: () => `${running.name} to be ready; it printed:\n${running.output().slice(-4_000)}` },
  );
}

/** Process ids of everything a process started, directly or not. Reads /proc. */
export function descendants(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
      parents.set(Number(entry), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {
      // It ended while we looked.
    }
  }
  const found: number[] = [];
  const visit = (parent: number) => {
    for (const [child, itsParent] of parents) {
      if (itsParent === parent) {
        found.push(child);
        visit(child);
      }
    }
  };
  visit(pid);
  return found;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** The command line of a process, for telling the supervisor's children apart. */
export function commandLine(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
}
