import { randomBytes } from 'node:crypto';
import { type Algorithm, type Options, parseOptions } from '@node-rs/argon2';
import { BoundedQueue } from './bounded-queue.js';
import { HashingThreads } from './hashing-threads.js';

/** Longer input is refused before it is hashed; bytes of UTF-8. */
export const maxPasswordBytes = 512;

export interface PasswordCost {
  readonly memoryKib: number;
  readonly iterations: number;
  /** Fewest characters of a password that is set; what is stored already is not asked. */
  readonly minLength?: number;
}

export interface PasswordBounds {
  /** Threads that hash. */
  readonly threads: number;
  /** Jobs that have been given to a thread: one more than it works on, and it need not wait for the next. */
  readonly perThread?: number;
  /** Jobs that wait for that. */
  readonly maxQueue: number;
  /** Whether the caller of the request under way is gone. */
  readonly isCallerGone?: (() => boolean) | undefined;
}

// A `const enum` of an isolated module cannot be read at run time; 2 is argon2id (RFC 9106).
const argon2id = 2 as Algorithm;

/**
 * argon2id (RFC 9106) behind a queue, so that a burst of logins costs waiting, not memory and not the event loop.
 * Every method that hashes throws `QueueFull` when too many wait. Passwords are the bytes that were sent: no
 * normalisation, since clients that sent other bytes yesterday would be locked out.
 */
export class Passwords {
  readonly queue: BoundedQueue;
  readonly minLength: number;
  readonly #options: Options;
  readonly #threads: HashingThreads;
  #decoy: Promise<string> | undefined;

  constructor(cost: PasswordCost, bounds: PasswordBounds) {
    this.queue = new BoundedQueue(bounds.threads * (bounds.perThread ?? 1), bounds.maxQueue, bounds.isCallerGone);
    this.#threads = new HashingThreads(bounds.threads);
    this.minLength = Math.max(1, cost.minLength ?? 1);
    this.#options = {
      algorithm: argon2id,
      memoryCost: cost.memoryKib,
      timeCost: cost.iterations,
      parallelism: 1,
      outputLen: 32,
    };
  }

  /** A PHC string. The caller has checked the length. */
  hash(password: string): Promise<string> {
    return this.queue.run(() => this.#threads.hash(password, this.#options));
  }

  /** False for a stored value that is no argon2 hash. */
  verify(stored: string, password: string): Promise<boolean> {
    return this.queue.run(() => this.#threads.verify(stored, password).catch(() => false));
  }

  /** Spends what `verify` spends; for names nobody has, so that an answer's time does not tell who exists. */
  async verifyNobody(password: string): Promise<void> {
    await this.verify(await this.#decoyHash(), password);
  }

  /** True when the stored hash is cheaper than what is configured now. */
  isWeak(stored: string): boolean {
    const { memoryCost, timeCost, algorithm } = parseOptions(stored);
    return (
      algorithm !== argon2id || memoryCost < (this.#options.memoryCost ?? 0) || timeCost < (this.#options.timeCost ?? 0)
    );
  }

  /** Made ahead of the first login, so that the first unknown name is not twice as slow. */
  async warmUp(): Promise<void> {
    await this.#decoyHash();
  }

  #decoyHash(): Promise<string> {
    this.#decoy ??= this.#threads.hash(randomBytes(32).toString('base64'), this.#options);
    return this.#decoy;
  }
}

/** Whether a password is short enough to be looked at. */
export function isAcceptableLength(password: string): boolean {
  return password.length <= maxPasswordBytes && Buffer.byteLength(password) <= maxPasswordBytes;
}
