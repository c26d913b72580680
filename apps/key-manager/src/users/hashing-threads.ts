import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import type { Options } from '@node-rs/argon2';

type Job =
  | { readonly kind: 'hash'; readonly password: string; readonly options: Options }
  | { readonly kind: 'verify'; readonly password: string; readonly stored: string };

interface Waiting {
  resolve(answer: string | boolean): void;
  reject(error: Error): void;
}

/**
 * What a thread runs. Text, because a worker loads a file of JavaScript, and there is none while tests run the sources.
 * `setPriority(0)` is the calling thread on Linux and the whole process elsewhere.
 */
const program = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { hashSync, verifySync } = require(workerData.argon2);
  const os = require('node:os');
  if (process.platform === 'linux') try { os.setPriority(0, workerData.niceness); } catch {}
  const run = (job) => (job.kind === 'hash' ? hashSync(job.password, job.options) : verifySync(job.stored, job.password));
  parentPort.on('message', (job) => {
    try { parentPort.postMessage({ answer: run(job) }); }
    catch (error) { parentPort.postMessage({ problem: String(error.message) }); }
  });
`;

/** Behind every thread that answers requests, which need a core for microseconds, not milliseconds. */
const niceness = 10;

/**
 * Threads that do nothing but argon2id, at a lower priority than the rest of the process. In libuv's pool a burst of
 * logins would hold up file and DNS look-ups, and every core would be taken when an answer is to be written.
 */
export class HashingThreads {
  readonly #threads: HashingThread[];

  constructor(count: number) {
    this.#threads = Array.from({ length: count }, () => new HashingThread());
  }

  /** A PHC string. */
  async hash(password: string, options: Options): Promise<string> {
    return (await this.#run({ kind: 'hash', password, options })) as string;
  }

  /** Throws for a stored value that is no argon2 hash. */
  async verify(stored: string, password: string): Promise<boolean> {
    return (await this.#run({ kind: 'verify', password, stored })) as boolean;
  }

  #run(job: Job): Promise<string | boolean> {
    return this.#threads.reduce((least, thread) => (thread.load < least.load ? thread : least)).run(job);
  }
}

/** One thread, started by its first job; it answers in the order in which it was asked. */
class HashingThread {
  #worker: Worker | undefined;
  readonly #waiting: Waiting[] = [];

  get load(): number {
    return this.#waiting.length;
  }

  run(job: Job): Promise<string | boolean> {
    this.#worker ??= this.#start();
    // A process that waits for a hash must not end; one that waits for nothing must.
    if (this.#waiting.length === 0) this.#worker.ref();
    this.#worker.postMessage(job);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  #start(): Worker {
    const argon2 = createRequire(import.meta.url).resolve('@node-rs/argon2');
    const worker = new Worker(program, { eval: true, execArgv: [], workerData: { argon2, niceness } });
    worker.on('message', ({ answer, problem }: { answer: string | boolean; problem?: string }) => {
      const job = this.#waiting.shift();
      if (this.#waiting.length === 0) worker.unref();
      if (problem === undefined) job?.resolve(answer);
      else job?.reject(new Error(problem));
    });
    worker.on('error', (error) => this.#ended(worker, error));
    worker.on('exit', () => this.#ended(worker, new Error('the hashing thread ended')));
    return worker;
  }

  /** The next job starts a new thread. */
  #ended(worker: Worker, error: Error): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    for (const job of this.#waiting.splice(0)) job.reject(error);
  }
}
