import { writeSync } from 'node:fs';
import type { DestinationStream } from 'pino';

const flushChars = 16_384;
const flushMillis = 100;
/** A reader that stands still for this long loses lines; waiting for it would stop the process. */
const patienceMillis = 1_000;
const quiet = /^{"level":"(?:trace|debug|info)"/;

/**
 * Standard output for log lines of JSON: many at once, because a call of the system for each costs more than making the
 * line. Whatever is a warning or worse goes out at once, together with what led to it.
 */
export function bufferedOutput(descriptor = 1): DestinationStream & { flushSync(): void } {
  let pending = '';
  let timer: NodeJS.Timeout | undefined;
  let isFirst = true;
  const flushSync = () => {
    clearTimeout(timer);
    timer = undefined;
    const text = pending;
    pending = '';
    if (text !== '') writeAll(descriptor, Buffer.from(text));
  };
  return {
    write(line) {
      if (isFirst) process.once('exit', flushSync);
      isFirst = false;
      pending += line;
      if (pending.length >= flushChars || !quiet.test(line)) flushSync();
      else timer ??= setTimeout(flushSync, flushMillis).unref();
    },
    flushSync,
  };
}

const sleeper = new Int32Array(new SharedArrayBuffer(4));

function writeAll(descriptor: number, bytes: Buffer): void {
  const end = performance.now() + patienceMillis;
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(descriptor, bytes, written);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // A full pipe says EAGAIN; anything else means that nobody can read any more, and there is nowhere to say so.
      if (code !== 'EAGAIN' || performance.now() > end) return;
      Atomics.wait(sleeper, 0, 0, 5);
    }
  }
}
