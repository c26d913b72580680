import { setTimeout as pause } from 'node:timers/promises';

/** Asks again and again until the probe says true; a probe that throws ends the wait. */
export async function waitUntil(
  probe: () => boolean | Promise<boolean>,
  options: { readonly timeoutMillis?: number; readonly what?: string | (() => string) } = {},
): Promise<number> {
  const started = performance.now();
  const deadline = started + (options.timeoutMillis ?? 10_000);
  while (!(await probe())) {
    if (performance.now() > deadline) {
      const what = typeof options.what === 'function' ? options.what() : (options.what ?? 'a condition');
      throw new Error(`waited in vain for ${what}`);
    }
    await pause(20);
  }
  return performance.now() - started;
}
