import { type FaultName, GatewayError } from '../pipeline/gateway-errors.js';

/**
 * What a failed call means for the client. `wasSent` tells whether the call had been given to a connection: before
 * that nothing can have happened at the backend.
 */
export function upstreamFailure(error: Error, wasSent: boolean): GatewayError {
  if (error instanceof GatewayError) return error;
  return new GatewayError(faultOf(error, wasSent), { cause: error });
}

/** The connection ended without an answer, as an idle kept-alive connection does when both sides act at once. */
export function isConnectionLost(error: Error): boolean {
  return lost.has(codeOf(error));
}

const lost = new Set(['UPSTREAM_CLOSED', 'ECONNRESET', 'EPIPE']);

function faultOf(error: Error, wasSent: boolean): FaultName {
  const code = codeOf(error);
  if (code === 'UPSTREAM_INVALID_REQUEST') return 'gatewayBug';
  if (code === 'ERR_ADDRESS_REFUSED') return 'addressRefused';
  if (code === 'UPSTREAM_CONNECT_TIMEOUT') return 'backendConnectTimedOut';
  if (!wasSent) return 'backendUnreachable';
  if (code === 'UPSTREAM_HEAD_TIMEOUT' || code === 'UPSTREAM_BODY_TIMEOUT') return 'backendTimedOut';
  if (lost.has(code)) return 'backendClosed';
  if (code === 'UPSTREAM_REQUEST_LENGTH') return 'backendSendFailed';
  return 'backendProtocolViolation';
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}
