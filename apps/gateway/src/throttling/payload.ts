import { EventEmitter } from 'node:events';
import type { Exchange } from '../pipeline/exchange.js';
import { findHeader } from '../pipeline/header-lines.js';

/** How many bytes a request's payload has; undefined when that is known only once all of it has come. */
export function payloadLength({ rawHeaders, request }: Exchange): number | undefined {
  const length = findHeader(rawHeaders, 'content-length');
  // The parser has made sure that it is a number, and that a request has not both.
  if (length !== undefined) return Number(length);
  if (request.httpVersionMajor > 1) return request.complete ? 0 : undefined;
  return findHeader(rawHeaders, 'transfer-encoding') === undefined ? 0 : undefined;
}

/** Tells of each piece of a payload until it is told to stop, and leaves it to others when the payload is read. */
export function watchPayload({ request }: Exchange, onPiece: (bytes: number) => boolean): void {
  const watch = (piece: Buffer) => {
    if (!onPiece(piece.length)) request.off('data', watch);
  };
  // Readable's own `on` would start the stream.
  EventEmitter.prototype.on.call(request, 'data', watch);
}
