import type { Readable } from 'node:stream';

/** A request as the gateway hands it to a connection pool. */
export interface UpstreamRequest {
  readonly method: string;
  /** Origin form, byte for byte. */
  readonly path: string;
  /** Names and values in turn, framing left out but for Content-Length. */
  readonly headers: readonly string[];
  readonly body: Readable | null;
  /** How long the backend may take to start its answer once it has the request, milliseconds. */
  readonly headersTimeout: number;
}

/** Hears how a request goes. After `onComplete` or `onError` nothing more comes. */
export interface UpstreamHandler {
  /** A connection takes the request. `abort` is good until the request has ended; it leads to `onError`. */
  onConnect(abort: (error?: Error) => void): void;
  /** Interim answers are not told. Calling `resume` lets more come after `onData` said false. */
  onHeaders(status: number, headers: string[], resume: () => void, statusText: string): void;
  /** The head has come and nothing else with it: it may take a while. */
  onPause?(): void;
  /** The chunk may be kept. False: no more for now (what was read already still comes). */
  onData(chunk: Buffer): boolean;
  /**
   * The answer is whole. `last` is its last piece, which has not been told to `onData`; it must be copied before the
   * call returns.
   */
  onComplete(trailers: string[] | null, last?: Buffer): void;
  onError(error: Error): void;
}
