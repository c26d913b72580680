import type { IncomingMessage } from 'node:http';
import { clientAddressOf } from '../pipeline/client-address.js';

const noted = Symbol('callerAddress');

interface NotedRequest extends IncomingMessage {
  [noted]?: string;
}

/** Notes whom a trusted proxy names, for whoever handles the request; logins are slowed down by that address. */
export function noteCaller(request: IncomingMessage, isTrusted: (address: string) => boolean): void {
  const peer = request.socket.remoteAddress ?? '';
  (request as NotedRequest)[noted] = clientAddressOf(peer, request.rawHeaders, isTrusted);
}

/** Who is connected, unless a trusted proxy names somebody else. */
export function callerAddress(request: IncomingMessage): string {
  return (request as NotedRequest)[noted] ?? request.socket.remoteAddress ?? '';
}
