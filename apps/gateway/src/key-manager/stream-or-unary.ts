import { status } from '@grpc/grpc-js';
import { HotPathError } from './hot-path-call.js';
import { keyManagerError } from './unavailable.js';

/** The two ways of one call. */
export interface TwoWays<Response> {
  readonly deadlineMillis: number;
  /** Whether it changes nothing, so that it may be made again after an attempt with an unknown end. */
  readonly isRead: boolean;
  /** Undefined when no stream can take it; rejects with a `HotPathError`. */
  readonly byStream: () => Promise<Response> | undefined;
  readonly alone: (deadlineMillis: number) => Promise<Response>;
}

/**
 * Calls by stream; alone when there is none, and once more alone with the time that is left when a stream failed the
 * call. What may have changed something is never repeated: its first attempt may have been committed.
 */
export async function streamOrUnary<Response>(ways: TwoWays<Response>): Promise<Response> {
  const { deadlineMillis } = ways;
  const began = performance.now();
  const asked = ways.byStream();
  if (asked === undefined) return ways.alone(deadlineMillis);
  try {
    return await asked;
  } catch (error) {
    if (!(error instanceof HotPathError)) throw error;
    const left = Math.floor(deadlineMillis - (performance.now() - began));
    if (left > 0 && isRepeatable(error, ways.isRead)) return ways.alone(left);
    throw keyManagerError(error);
  }
}

function isRepeatable({ code, mayHaveBegun }: HotPathError, isRead: boolean): boolean {
  // A key manager with too much to do is not asked for more.
  if (code === status.RESOURCE_EXHAUSTED) return false;
  return !mayHaveBegun || (isRead && code === status.UNAVAILABLE);
}
