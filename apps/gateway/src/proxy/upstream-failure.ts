import { type FaultName, GatewayError } from '../pipeline/gateway-errors.js';

/**
 * What a failed call means for the client. `wasSent` tells whether the call had been given to a connection: before
 * that nothing can have happened at the backend.
 */
export function upstreamFailure(error: Error, wasSent: boolean): GatewayError {
  if (error instanceof GatewayError) return error;
  // llhttp's errors carry what the backend sent, which may be anybody's data: it is not for the log.
  if ('data' in error) delete error.data;
  return new GatewayError(faultOf(error, wasSent), { cause: error });
}

/** The connection ended without an answer, as an idle kept-alive connection does when both sides act at once. */
export function isConnectionLost(error: Error): boolean {
  return lost.has(codeOf(error));
}

const lost = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

function faultOf(error: Error, wasSent: boolean): FaultName {
  const code = codeOf(error);
  if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_NOT_SUPPORTED') return 'gatewayBug';
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return 'backendConnectTimedOut';
  if (!wasSent) return 'backendUnreachable';
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') return 'backendTimedOut';
  if (lost.has(code)) return 'backendClosed';
  if (code === 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH') return 'backendSendFailed';
  return 'backendProtocolViolation';
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}
