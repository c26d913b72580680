import { setTimeout as delay } from 'node:timers/promises';

/** Several times what it takes to find out that a client is not the one it says. */
const floorMillis = 10;

/**
 * Waits until a fixed time after `began`, milliseconds of `performance.now()`. A row that is found takes a tenth of a
 * millisecond longer than none; averaged over many requests, that would tell which clients exist.
 */
export async function evenRefusal(began: number): Promise<void> {
  const end = began + floorMillis;
  // Timers count whole milliseconds from when they are set, which would carry the difference over to their end: so up to
  // the last tick before the end, and from there tick by tick.
  for (let left = end - performance.now(); left > 0; left = end - performance.now()) {
    await delay(Math.max(1, Math.floor(left)));
  }
}
