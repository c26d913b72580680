import { type ChildProcess, fork, type Serializable, spawn } from 'node:child_process';
import { waitUntil } from './wait-until.js';

export interface ProcessSettings {
  /** A program, or with `ipc` a JavaScript file that gets a message channel. */
  readonly command: string;
  readonly args?: readonly string[];
  readonly cwd?: string;
  /** The whole environment; nothing is inherited but PATH, so that tests do not depend on the caller's. */
  readonly env?: Readonly<Record<string, string>>;
  readonly ipc?: boolean;
  readonly uid?: number;
  readonly gid?: number;
  /** Resolves `startProcess` when the output matches; otherwise it resolves at once. */
  readonly readyWhen?: RegExp;
  readonly timeoutMillis?: number;
}

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RunningProcess {
  readonly pid: number;
  /** Standard output and standard error so far, interleaved. */
  output(): string;
  readonly messages: readonly Serializable[];
  readonly ended: Promise<ProcessEnd>;
  isRunning(): boolean;
  signal(signal: NodeJS.Signals): void;
  /** Asks to stop, waits, and kills after the deadline. */
  stop(deadlineMillis?: number): Promise<ProcessEnd>;
}

/** Starts a real process. Whatever is left when the test process exits is killed. */
export async function startProcess(settings: ProcessSettings): Promise<RunningProcess> {
  const child = launch(settings);
  const running = follow(child);
  if (settings.readyWhen) await whenReady(running, settings, settings.readyWhen);
  return running;
}

function launch(settings: ProcessSettings): ChildProcess {
  const { command, args = [], ipc = false, env = {}, cwd, uid, gid } = settings;
  const options = {
    env: { PATH: process.env.PATH ?? '', ...env },
    ...(cwd === undefined ? {} : { cwd }),
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  };
  if (!ipc) return spawn(command, [...args], { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  return fork(command, [...args], { ...options, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
}

function follow(child: ChildProcess): RunningProcess {
  let output = '';
  const messages: Serializable[] = [];
  const take = (chunk: Buffer) => {
    output += chunk.toString();
  };
  child.stdout?.on('data', take);
  child.stderr?.on('data', take);
  child.on('message', (message) => messages.push(message));
  const killAtExit = () => child.kill('SIGKILL');
  process.on('exit', killAtExit);
  const ended = new Promise<ProcessEnd>((resolve) => {
    child.once('error', (error) => {
      output += `${error.message}\n`;
      resolve({ code: null, signal: null });
    });
    child.once('close', (code, signal) => resolve({ code, signal }));
  }).finally(() => process.off('exit', killAtExit));
  const isRunning = () => child.pid !== undefined && child.exitCode === null && child.signalCode === null;
  return {
    pid: child.pid ?? -1,
    output: () => output,
    messages,
    ended,
    isRunning,
    signal: (signal) => void child.kill(signal),
    stop: async (deadlineMillis = 10_000) => {
      const timer = setTimeout(() => child.kill('SIGKILL'), deadlineMillis);
      // A stopped (frozen) process handles SIGTERM only after it continues.
      if (isRunning()) child.kill('SIGCONT');
      if (isRunning()) child.kill('SIGTERM');
      return ended.finally(() => clearTimeout(timer));
    },
  };
}

async function whenReady(running: RunningProcess, settings: ProcessSettings, ready: RegExp): Promise<void> {
  const { command, timeoutMillis = 20_000 } = settings;
  try {
    const state = await waitUntil(() => ready.test(running.output()) || (!running.isRunning() && 'ended'), {
      timeoutMillis,
      what: `${command}: ${ready}`,
    });
    if (state === 'ended' && !ready.test(running.output())) throw new Error(`${command} ended`);
  } catch (error) {
    await running.stop(1_000);
    throw new Error(`${(error as Error).message}\n${running.output()}`, { cause: error });
  }
}
