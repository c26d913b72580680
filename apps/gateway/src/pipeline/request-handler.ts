import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Scheme } from './exchange.js';
import type { Ports } from './ports.js';

/**
 * Takes every request that is not for a token endpoint. Works for `node:http` and for the HTTP/2 compatibility
 * objects. Register it for `request` and, with `awaitsContinue`, for `checkContinue`: then a client that asks first
 * is told to send its body only once the call has been authorised.
 */
export type RequestHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  scheme: Scheme,
  awaitsContinue?: boolean,
) => void;

export declare function createRequestHandler(ports: Ports): RequestHandler;
