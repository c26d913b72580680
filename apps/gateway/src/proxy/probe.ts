import type { UpstreamHandler, UpstreamRequest } from './http1/upstream-request.js';

export interface Probed {
  readonly status: number;
  /** Names and values in turn. */
  readonly headers: readonly string[];
}

/** One request of the gateway's own, of which only the head of the answer matters. */
export function probe(
  dispatch: (request: UpstreamRequest, handler: UpstreamHandler) => void,
  request: UpstreamRequest,
): Promise<Probed> {
  return new Promise((resolve, reject) => {
    let found: Probed | undefined;
    let size = 0;
    let abort: (() => void) | undefined;
    dispatch(request, {
      onConnect(stop) {
        abort = stop;
      },
      onHeaders(status, headers) {
        found = { status, headers };
      },
      onData(chunk) {
        size += chunk.length;
        if (size > maxBytes) abort?.();
        return true;
      },
      onComplete() {
        resolve(found ?? { status: 0, headers: [] });
      },
      onError(error) {
        if (found === undefined) reject(error);
        else resolve(found);
      },
    });
  });
}

/** Read so that the connection can be used again; a longer answer is cut off. */
const maxBytes = 65_536;
