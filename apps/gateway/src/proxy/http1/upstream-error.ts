/** Why a call to a backend failed; `upstream-failure.ts` says what that means for the client. */
export type UpstreamErrorCode =
  | 'UPSTREAM_CONNECT_TIMEOUT'
  | 'UPSTREAM_HEAD_TIMEOUT'
  | 'UPSTREAM_BODY_TIMEOUT'
  /** The connection ended before the answer did. */
  | 'UPSTREAM_CLOSED'
  /** What came is not HTTP/1.1 as RFC 9112 has it. */
  | 'UPSTREAM_PROTOCOL'
  /** The body of the request is not as long as was said. */
  | 'UPSTREAM_REQUEST_LENGTH'
  /** The request cannot be written as HTTP/1.1. */
  | 'UPSTREAM_INVALID_REQUEST'
  | 'UPSTREAM_ABORTED';

/** Never holds anything that the backend or the client sent. It has no stack: backends fail in masses or not at all. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';

  constructor(
    readonly code: UpstreamErrorCode,
    message: string,
  ) {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = limit;
  }
}

export function protocolError(message: string): UpstreamError {
  return new UpstreamError('UPSTREAM_PROTOCOL', message);
}
