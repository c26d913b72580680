import { setTimeout as pause } from 'node:timers/promises';

export interface WaitOptions {
  readonly timeoutMillis?: number;
  readonly intervalMillis?: number;
  /** What is waited for, for the message of the failure. */
  readonly what?: string;
}

type Falsy = undefined | null | false | 0 | '';

/** Polls until the probe answers something truthy, and answers that. A probe that throws is tried again. */
export async function waitUntil<T>(probe: () => T | Promise<T>, options: WaitOptions = {}): Promise<Exclude<T, Falsy>> {
  const { timeoutMillis = 10_000, intervalMillis = 20, what = 'the condition' } = options;
  const end = performance.now() + timeoutMillis;
  let lastError: unknown;
  do {
    try {
      const value = await probe();
      if (value) return value as Exclude<T, Falsy>;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    await pause(intervalMillis);
  } while (performance.now() < end);
  const reason = lastError instanceof Error ? `: ${lastError.message}` : '';
  throw new Error(`${what} did not come true within ${timeoutMillis} ms${reason}`, { cause: lastError });
}
