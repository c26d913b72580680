import { once } from 'node:events';
import type { ServerWritableStream } from '@grpc/grpc-js';
import { Observable } from 'rxjs';

/** The reader of a stream took too long; it resumes from its last position over a new call. */
export class SlowReader extends Error {
  override readonly name = 'SlowReader';
}

const stallMillis = 15_000;

/**
 * Sends what `produce` yields, and asks for the next message only when the last one was taken: a slow reader holds at
 * most the transport's own small buffer, and one that stalls is dropped. The signal aborts when the call is over.
 */
export function servedStream<T>(
  call: ServerWritableStream<unknown, T>,
  produce: (signal: AbortSignal) => AsyncIterable<T>,
): Observable<T> {
  return new Observable<T>((subscriber) => {
    const over = new AbortController();
    const send = async () => {
      for await (const message of produce(over.signal)) {
        if (over.signal.aborted) return;
        subscriber.next(message);
        if (call.writableNeedDrain) await drained(call, over.signal);
      }
    };
    send().then(
      () => subscriber.complete(),
      (error: unknown) => {
        if (!over.signal.aborted) subscriber.error(error);
      },
    );
    return () => over.abort();
  });
}

async function drained(call: ServerWritableStream<unknown, unknown>, over: AbortSignal): Promise<void> {
  const stalled = AbortSignal.timeout(stallMillis);
  try {
    await once(call, 'drain', { signal: AbortSignal.any([stalled, over]) });
  } catch (error) {
    if (stalled.aborted && !over.aborted)
      throw new SlowReader('the reader did not take its messages', { cause: error });
  }
}
