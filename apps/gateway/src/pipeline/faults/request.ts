import type { Fault } from './fault.js';

const notAvailable = 'The requested resource is not available.';

/** The request itself, the API it names, and the gateway being unable to serve any. */
export const requestFaults = {
  badRequest: { code: '400', status: 400, message: 'Bad Request', description: 'The request is malformed.' },
  unsupportedTransport: { code: '403', status: 403, message: 'Forbidden', description: notAvailable },
  originRefused: {
    code: '403',
    status: 403,
    message: 'Forbidden',
    description: 'Pages of this origin may not open WebSocket connections here.',
  },
  unknownContext: { code: '404', status: 404, message: 'Not Found', description: notAvailable },
  noSuchResource: {
    code: '404',
    status: 404,
    message: 'No matching resource found for given API Request',
    description: notAvailable,
  },
  methodNotAllowed: {
    code: '405',
    status: 405,
    message: 'Method not allowed for given API resource',
    description: 'The resource exists; the Allow header lists its methods.',
  },
  requestTimedOut: {
    code: '408',
    status: 408,
    message: 'Request Timeout',
    description: 'The request did not arrive in time.',
  },
  bodyTooLarge: {
    code: '413',
    status: 413,
    message: 'Content Too Large',
    description: 'The body is larger than this API reads.',
  },
  chunkExtensionsTooLarge: {
    code: '413',
    status: 413,
    message: 'Content Too Large',
    description: 'The chunk extensions of the request are longer than this gateway accepts.',
  },
  targetTooLong: {
    code: '414',
    status: 414,
    message: 'URI Too Long',
    description: 'The request target is longer than this gateway accepts.',
  },
  upgradeRequired: {
    code: '426',
    status: 426,
    message: 'Upgrade Required',
    description: 'Only WebSocket connections are served here.',
  },
  headTooLarge: {
    code: '431',
    status: 431,
    message: 'Request Header Fields Too Large',
    description: 'The head of the request is larger than this gateway accepts.',
  },
  upgradeNotOffered: {
    code: '501',
    status: 501,
    message: 'Not Implemented',
    description: 'Connections to this API cannot be upgraded to WebSocket.',
  },
  tooManyWebSockets: {
    code: '503',
    status: 503,
    message: 'Service Unavailable',
    description: 'The gateway has as many WebSocket connections as it may have. Try again shortly.',
  },
  http2Required: {
    code: '505',
    status: 505,
    message: 'HTTP Version Not Supported',
    description: 'This API speaks gRPC, which needs HTTP/2.',
  },
  apiBlocked: {
    code: '700700',
    status: 503,
    message: 'API blocked',
    description: 'This API has been blocked temporarily. Please try again later or contact the system administrators.',
  },
  notReady: {
    code: '900900',
    status: 503,
    message: 'Service Unavailable',
    description: 'The gateway does not know its APIs yet. Try again shortly.',
  },
  gatewayBug: {
    code: '900900',
    status: 500,
    message: 'Unclassified Failure',
    description: 'The gateway failed to handle the request.',
  },
} as const satisfies Record<string, Fault>;
