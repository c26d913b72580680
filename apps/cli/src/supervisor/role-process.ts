import { type ChildProcess, fork } from 'node:child_process';
import { BackOff } from '@keygate/common/lifecycle';
import type { DemoFacts } from '@keygate/key-manager/admin';
import type { Role } from '../configuration.js';

/** What a role says once its listeners are bound. */
export interface ReadyMessage {
  readonly ready: true;
  readonly role: Role;
  readonly ports: Readonly<Record<string, number>>;
  /** From a key manager that was started with demo data. */
  readonly demo?: DemoFacts;
}

export interface RoleSettings {
  readonly role: Role;
  /** The CLI's own entry file. */
  readonly entry: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly drainSeconds: number;
}

/**
 * V8's default of 16 MiB for young objects promotes what requests under way still hold; with 32 a token costs a tenth
 * less of the processor. The Dockerfile says the same.
 */
const roleFlags = ['--max-semi-space-size=32'];

/** One role as a child process: started, started again when it ends by itself, stopped. */
export class RoleProcess {
  private child: ChildProcess | undefined;
  private ended: Promise<void> = Promise.resolve();
  private stopping = false;
  private readonly backOff = new BackOff();

  constructor(private readonly settings: RoleSettings) {}

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Resolves at the first "ready". Rejects when the process ends before it; later ends lead to a restart. */
  start(): Promise<ReadyMessage> {
    return new Promise((resolve, reject) => {
      let wasReady = false;
      this.launch(
        (message) => {
          wasReady = true;
          resolve(message);
        },
        (reason, ranMillis) => {
          if (this.stopping) reject(new Error(`${this.settings.role} was stopped`));
          else if (wasReady) this.restart(reason, ranMillis);
          else reject(new Error(`${this.settings.role} did not start (${reason})`));
        },
      );
    });
  }

  /** Asks to drain, waits, and kills when the drain time is over. */
  async stop(): Promise<void> {
    this.stopping = true;
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const timer = setTimeout(() => child.kill('SIGKILL'), (this.settings.drainSeconds + 2) * 1_000);
    child.kill('SIGTERM');
    await this.ended;
    clearTimeout(timer);
  }

  kill(): void {
    this.stopping = true;
    this.child?.kill('SIGKILL');
  }

  private launch(onReady: (message: ReadyMessage) => void, onEnd: (reason: string, ranMillis: number) => void): void {
    const began = performance.now();
    const { entry, role, args, env } = this.settings;
    // Its own process group: Ctrl-C reaches only the supervisor, which stops the roles in order.
    const child = fork(entry, [role, ...args], {
      execArgv: [...process.execArgv, ...roleFlags],
      env: { ...env },
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.child = child;
    child.on('message', (message) => {
      if (isReady(message)) onReady(message);
    });
    this.ended = new Promise((resolve) => {
      const end = (reason: string) => {
        resolve();
        onEnd(reason, performance.now() - began);
      };
      child.once('error', (error) => end(error.message));
      child.once('exit', (code, signal) => end(signal === null ? `exit code ${code}` : signal));
    });
  }

  private restart(reason: string, ranMillis: number): void {
    const wait = this.backOff.after(ranMillis);
    console.error(`keygate: ${this.settings.role} ended (${reason}); starting it again in ${wait} ms`);
    setTimeout(() => {
      if (this.stopping) return;
      this.launch(
        () => console.error(`keygate: ${this.settings.role} is back`),
        (again, ran) => {
          if (!this.stopping) this.restart(again, ran);
        },
      );
    }, wait).unref();
  }
}

function isReady(message: unknown): message is ReadyMessage {
  return typeof message === 'object' && message !== null && (message as { ready?: unknown }).ready === true;
}
