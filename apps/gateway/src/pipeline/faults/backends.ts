import type { Fault } from './fault.js';

/**
 * The endpoint of an API. WSO2's 101xxx and 303xxx; where it answers 500 for a backend that failed, the HTTP status
 * here says what failed (RFC 9110 section 15.6): 503 nothing was sent, 502 no usable answer, 504 too late.
 */
export const backendFaults = {
  noProductionEndpoint: {
    code: '900901',
    status: 403,
    message: 'Production key offered to the API with no production endpoint',
    description: 'Production key offered to the API with no production endpoint',
  },
  noSandboxEndpoint: {
    code: '900901',
    status: 403,
    message: 'Sandbox key offered to the API with no sandbox endpoint',
    description: 'Sandbox key offered to the API with no sandbox endpoint',
  },
  backendSendFailed: {
    code: '101500',
    status: 502,
    message: 'Sender I/O error sending',
    description: 'The request could not be sent to the backend completely.',
  },
  backendCredentialsRefused: {
    code: '101500',
    status: 502,
    message: 'Sender I/O error sending',
    description: 'The gateway was refused its own credentials for the backend.',
  },
  backendUnreachable: {
    code: '101503',
    status: 503,
    message: 'Connection failed',
    description: 'The backend could not be reached.',
  },
  backendTimedOut: {
    code: '101504',
    status: 504,
    message: 'Connection timed out',
    description: 'The backend did not answer in time.',
  },
  backendClosed: {
    code: '101505',
    status: 502,
    message: 'Connection closed',
    description: 'The backend closed the connection before it had answered.',
  },
  backendProtocolViolation: {
    code: '101506',
    status: 502,
    message: 'HTTP protocol violation',
    description: 'The answer of the backend is not valid HTTP.',
  },
  backendConnectTimedOut: {
    code: '101508',
    status: 504,
    message: 'Connection attempt timed out',
    description: 'The backend did not accept a connection in time.',
  },
  backendBusy: {
    code: '303001',
    status: 503,
    message: 'Endpoint not ready',
    description: 'The backend has as many requests as it may have. Try again shortly.',
  },
  backendSuspended: {
    code: '303001',
    status: 503,
    message: 'Endpoint not ready',
    description: 'The backend did not answer lately and is left alone for a while. Try again shortly.',
  },
  addressRefused: {
    code: '303001',
    status: 503,
    message: 'Endpoint not ready',
    description: 'The address of the backend is none that this gateway may call.',
  },
  backendCredentialsUnavailable: {
    code: '303001',
    status: 503,
    message: 'Endpoint not ready',
    description: 'The gateway could not get its own credentials for the backend. Try again shortly.',
  },
  noUsableEndpoint: {
    code: '303001',
    status: 503,
    message: 'Endpoint not ready',
    description: 'The API has no address that can be called.',
  },
} as const satisfies Record<string, Fault>;
