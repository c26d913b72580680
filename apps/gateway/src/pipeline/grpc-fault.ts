import type { ServerHttp2Stream } from 'node:http2';
import type { Exchange } from './exchange.js';
import { faults, type GatewayError } from './gateway-errors.js';
import { findHeader } from './header-lines.js';

/** True when the caller understands no other answer than gRPC's. */
export function isGrpc({ request, rawHeaders }: Exchange): boolean {
  return (
    request.httpVersionMajor > 1 && /^application\/grpc(?:[+;]|$)/i.test(findHeader(rawHeaders, 'content-type') ?? '')
  );
}

/** gRPC status codes by HTTP status; what is not here is INTERNAL. */
const statuses: Readonly<Record<number, number>> = {
  401: 16,
  403: 7,
  404: 12,
  405: 12,
  408: 4,
  413: 8,
  429: 8,
  501: 12,
  502: 14,
  503: 14,
  504: 4,
  505: 12,
};
const internal = 13;

/** A fault as gRPC has it: an answer of trailers only, with HTTP status 200. The log keeps the fault's own status. */
export function writeGrpcFault(exchange: Exchange, error: GatewayError, headers: readonly string[]): void {
  const { response } = exchange;
  const { code, status, message } = faults[error.fault];
  const stream = (response as unknown as { readonly stream: ServerHttp2Stream }).stream;
  const answer: Record<string, string | number> = {
    ':status': 200,
    'content-type': 'application/grpc',
    'grpc-status': statuses[status] ?? internal,
    'grpc-message': encoded(`${code} ${message}: ${error.description}`),
    activityid: exchange.correlationId,
  };
  for (let i = 0; i < headers.length; i += 2) answer[(headers[i] as string).toLowerCase()] ??= headers[i + 1] as string;
  response.statusCode = status;
  stream.respond(answer, { endStream: true });
  // The rest of its messages nobody will read.
  stream.resume();
}

/** Percent-encoding of all but printable ASCII. */
function encoded(text: string): string {
  return text.replace(/[^\x20-\x24\x26-\x7e]+/g, encodeURIComponent);
}
