import { status } from '@grpc/grpc-js';

/** The key manager did not answer, or not in time: nothing was decided. The gateway answers 503, never 401. */
export class KeyManagerUnavailable extends Error {
  override readonly name = 'KeyManagerUnavailable';
}

/** The key manager answered with a gRPC status that means a bug or a refusal of this gateway, not an outage. */
export class KeyManagerFault extends Error {
  override readonly name = 'KeyManagerFault';
}

const undecided = new Set([status.UNAVAILABLE, status.DEADLINE_EXCEEDED, status.RESOURCE_EXHAUSTED, status.CANCELLED]);

/** What a gRPC status means to the gateway, whether a call ended with it or an entry of a stream. */
export function keyManagerError(failure: { readonly code: status; readonly details: string }): Error {
  const Kind = undecided.has(failure.code) ? KeyManagerUnavailable : KeyManagerFault;
  return new Kind(`${status[failure.code]}: ${failure.details}`, { cause: failure });
}
