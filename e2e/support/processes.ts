import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type RunningProcess, startProcess, waitUntil } from '@keygate/common/testing';
import { watchOutputOf } from './secrets.js';

export const repository = fileURLToPath(new URL('../..', import.meta.url));
const cli = fileURLToPath(new URL('../../apps/cli/dist/main.js', import.meta.url));

export interface StartOptions {
  readonly name?: string;
  readonly cwd?: string;
  /** Settings; of our own environment only PATH and HOME go along, so that a developer's shell changes no test. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** False for programs that are not the product, such as curl: their output may hold tokens. */
  readonly watch?: boolean;
  /** User and group id to run as, when this process may choose. */
  readonly user?: number;
}

export async function start(
  command: string,
  args: readonly string[],
  options: StartOptions = {},
): Promise<RunningProcess> {
  const settings = Object.entries(options.env ?? {}).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  const running = await startProcess({
    command,
    args,
    cwd: options.cwd ?? repository,
    env: { HOME: process.env.HOME ?? '/', ...Object.fromEntries(settings) },
    ...(options.user !== undefined && process.getuid?.() === 0 ? { uid: options.user, gid: options.user } : {}),
  });
  if (options.watch !== false) {
    watchOutputOf(options.name ?? [command, ...args].join(' '), running);
  }
  return running;
}

/** Starts the built `keygate` command. */
export function startKeygate(args: readonly string[], options: StartOptions = {}): Promise<RunningProcess> {
  return start(process.execPath, [cli, ...args], { name: `keygate ${args.join(' ')}`, ...options });
}

export interface Finished {
  readonly code: number | null;
  readonly output: string;
}

/** Runs a command to its end. */
export async function run(command: string, args: readonly string[], options: StartOptions = {}): Promise<Finished> {
  const running = await start(command, args, options);
  const { code } = await running.ended;
  return { code, output: running.output() };
}

export const runKeygate = (args: readonly string[], options: StartOptions = {}): Promise<Finished> =>
  run(process.execPath, [cli, ...args], { name: `keygate ${args.join(' ')}`, ...options });

/** SIGKILL: nothing is flushed, nothing is said. */
export async function kill(running: RunningProcess): Promise<void> {
  running.signal('SIGKILL');
  await running.ended;
}

/** Waits until a process is ready; when it ends or takes too long, the failure shows what it printed. */
export async function waitUntilReady(
  running: RunningProcess,
  probe: () => boolean | Promise<boolean>,
  timeoutMillis = 60_000,
): Promise<void> {
  try {
    await waitUntil(async () => !running.isRunning() || (await probe()), { timeoutMillis, what: 'being ready' });
  } catch (problem) {
    throw new Error(`${String(problem)}; it printed:\n${running.output().slice(-4_000)}`, { cause: problem });
  }
  if (!running.isRunning()) {
    throw new Error(`it ended before it was ready:\n${running.output().slice(-4_000)}`);
  }
}

/** Process ids of everything a process started, directly or not. Reads /proc. */
export function descendants(pid: number): number[] {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((candidate) => parentOf(candidate) === pid);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined; // It ended while we looked.
  }
}

/** Neither gone nor a zombie that only waits to be collected. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** The command line of a process; empty when it is gone. */
export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}
