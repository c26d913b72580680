import { setTimeout as delay } from 'node:timers/promises';
import { QueueFull } from '../bounded-queue.js';
import type { Admission, Admitted, AttemptSource, LoginAttempts, Verdict } from './login-attempts.js';

/** How often to ask again for attempts that another node is checking. */
const askAgainMillis = 100;

interface Line {
  readonly waiting: { readonly go: () => void; readonly refuse: (admission: Admission) => void }[];
  /** Wakes the first of the line. */
  wake: () => void;
}

/**
 * The door before the password check. Attempts at one login beyond the free ones stand in line while others are being
 * checked, and learn from their outcome: parallel logins with the right password all get in, parallel guesses are
 * refused together. Only the first of a line asks the store.
 */
export class LoginThrottle {
  readonly #lines = new Map<string, Line>();
  #waiting = 0;

  constructor(
    private readonly attempts: LoginAttempts,
    /** Most attempts in all lines; one more throws `QueueFull`. */
    private readonly maxWaiting: number,
    /** How long the first of a line waits for outcomes: a node that died never tells its own. */
    private readonly patienceMillis = 5_000,
  ) {}

  /** What the caller admits, it settles. */
  async admit(source: AttemptSource): Promise<Admission> {
    const known = this.#lines.get(source.login);
    const line: Line = known ?? { waiting: [], wake: () => undefined };
    if (known) {
      const refused = await this.#standIn(known);
      if (refused) return refused;
    } else {
      this.#lines.set(source.login, line);
    }
    return this.#asFirst(line, source);
  }

  async settle(source: AttemptSource, admission: Admitted, verdict: Verdict): Promise<void> {
    await this.attempts.settle(source, admission, verdict);
    this.#lines.get(source.login)?.wake();
  }

  /** Resolves with nothing once this attempt is the first, or with the refusal that the whole line got. */
  async #standIn({ waiting }: Line): Promise<Admission | undefined> {
    if (this.#waiting >= this.maxWaiting) throw new QueueFull('too many logins are waiting');
    this.#waiting += 1;
    try {
      return await new Promise((resolve) => waiting.push({ go: () => resolve(undefined), refuse: resolve }));
    } finally {
      this.#waiting -= 1;
    }
  }

  async #asFirst(line: Line, source: AttemptSource): Promise<Admission> {
    try {
      const admission = await this.#ask(line, source);
      if (!admission.admitted) for (const { refuse } of line.waiting.splice(0)) refuse(admission);
      return admission;
    } finally {
      const next = line.waiting.shift();
      if (next) next.go();
      else this.#lines.delete(source.login);
    }
  }

  async #ask(line: Line, source: AttemptSource): Promise<Admission> {
    const end = performance.now() + this.patienceMillis;
    for (;;) {
      // Before the question: an outcome that comes while it is on its way must not be missed.
      const woken = new Promise<void>((resolve) => {
        line.wake = resolve;
      });
      const admission = await this.attempts.admit(source);
      if (admission.admitted || !admission.isOpen || performance.now() >= end) return admission;
      const tired = new AbortController();
      await Promise.race([woken, delay(askAgainMillis, undefined, { signal: tired.signal }).catch(() => undefined)]);
      tired.abort();
    }
  }
}
