import { setTimeout as pause } from 'node:timers/promises';

const deadlineMillis = 90_000;

/** Whether the gateway behind a `/readyz` answer is connected to a key manager; without one it is ready all the same. */
export function isConnectedGateway(readiness: string): boolean {
  return (JSON.parse(readiness) as { checks?: { keyManager?: string } }).checks?.keyManager === 'ok';
}

/**
 * Waits until a URL answers 200 with a body that `isEnough`; the failure says what it answered last. `cancelled` ends
 * the wait early.
 */
export async function untilOk(
  url: string,
  cancelled: () => boolean,
  isEnough: (body: string) => boolean = () => true,
): Promise<void> {
  const end = performance.now() + deadlineMillis;
  let last = 'no answer';
  for (;;) {
    if (cancelled()) throw new Error('stopped while starting');
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(3_000) });
      const body = await answer.text();
      if (answer.status === 200 && isEnough(body)) return;
      last = `${answer.status} ${body.trim().slice(0, 300)}`;
    } catch (error) {
      last = (error as Error).message;
    }
    if (performance.now() > end) throw new Error(`${url} was not ready within ${deadlineMillis / 1_000} s: ${last}`);
    await pause(25);
  }
}
