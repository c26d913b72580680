/** One row: what a client gets when a request ends this way. */
interface Fault {
  /** WSO2's code where it has one, else the HTTP status. */
  readonly code: string;
  readonly status: number;
  readonly message: string;
  readonly description: string;
}

const notAvailable = 'The requested resource is not available.';
const throttledOut = 'Message throttled out';
const overQuota = 'You have exceeded your quota. You can access API after the time in nextAccessTime.';
const checkCredentials = 'Make sure you have provided the correct security credentials';

/**
 * Every way the gateway itself ends a request. Codes 9009xx and 700700 are WSO2's authentication and life-cycle
 * faults, 101xxx and 303xxx its backend faults; where WSO2 answers 500 for a backend that failed, the HTTP status
 * here says what failed (RFC 9110 section 15.6): 503 nothing was sent, 502 no usable answer, 504 too late.
 */
export const faults = {
  badRequest: { code: '400', status: 400, message: 'Bad Request', description: 'The request is malformed.' },
  unsupportedTransport: { code: '403', status: 403, message: 'Forbidden', description: notAvailable },
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
  bodyTooLarge: {
    code: '413',
    status: 413,
    message: 'Content Too Large',
    description: 'The body is larger than this API reads.',
  },
  requestUnfit: {
    code: '400',
    status: 400,
    message: 'Bad Request',
    description: 'Schema validation failed in the Request: ',
  },
  answerUnfit: {
    code: '500',
    status: 500,
    message: 'Internal Server Error',
    description: 'Schema validation failed in the Response: ',
  },
  payloadMalformed: {
    code: '601000',
    status: 500,
    message: 'Message building failed',
    description: 'The payload cannot be read.',
  },
  mediationBroken: {
    code: '900900',
    status: 503,
    message: 'Unclassified Failure',
    description: 'The policies or the definition of the API cannot be applied. Nothing passes without them.',
  },
  mediationBusy: {
    code: '900900',
    status: 503,
    message: 'Service Unavailable',
    description: 'Too many bodies are being read at the moment. Try again shortly.',
  },
  targetTooLong: {
    code: '414',
    status: 414,
    message: 'URI Too Long',
    description: 'The request target is longer than this gateway accepts.',
  },
  apiThrottled: {
    code: '900800',
    status: 429,
    message: throttledOut,
    description: overQuota,
  },
  hardLimitReached: {
    code: '900801',
    status: 429,
    message: throttledOut,
    description: overQuota,
  },
  resourceThrottled: {
    code: '900802',
    status: 429,
    message: throttledOut,
    description: overQuota,
  },
  applicationThrottled: {
    code: '900803',
    status: 429,
    message: throttledOut,
    description: overQuota,
  },
  subscriptionThrottled: {
    code: '900804',
    status: 429,
    message: throttledOut,
    description: overQuota,
  },
  messageBlocked: {
    code: '900805',
    status: 403,
    message: 'Message blocked',
    description: 'You have been blocked from accessing the resource.',
  },
  customRuleThrottled: {
    code: '900806',
    status: 429,
    message: throttledOut,
    description: overQuota,
  },
  burstThrottled: {
    code: '900807',
    status: 429,
    message: throttledOut,
    description: overQuota,
  },
  gatewayBug: {
    code: '900900',
    status: 500,
    message: 'Unclassified Failure',
    description: 'The gateway failed to handle the request.',
  },
  originRefused: {
    code: '403',
    status: 403,
    message: 'Forbidden',
    description: 'Pages of this origin may not open WebSocket connections here.',
  },
  requestTimedOut: {
    code: '408',
    status: 408,
    message: 'Request Timeout',
    description: 'The request did not arrive in time.',
  },
  chunkExtensionsTooLarge: {
    code: '413',
    status: 413,
    message: 'Content Too Large',
    description: 'The chunk extensions of the request are longer than this gateway accepts.',
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
  notReady: {
    code: '900900',
    status: 503,
    message: 'Service Unavailable',
    description: 'The gateway does not know its APIs yet. Try again shortly.',
  },
  undecidable: {
    code: '900900',
    status: 503,
    message: 'Unclassified Authentication Failure',
    description: 'The access token cannot be checked at the moment. Try again shortly.',
  },
  mustBeExchanged: {
    code: '900900',
    status: 500,
    message: 'Unclassified Authentication Failure',
    description: 'Tokens of this issuer have to be exchanged for tokens of this key manager first.',
  },
  severalCredentials: {
    code: '900901',
    status: 400,
    message: 'Invalid Credentials',
    description: `More than one credential of the same kind was sent. ${checkCredentials}`,
  },
  invalidCredentials: {
    code: '900901',
    status: 401,
    message: 'Invalid Credentials',
    description: `Invalid Credentials. ${checkCredentials}`,
  },
  certificateRequired: {
    code: '900901',
    status: 401,
    message: 'Invalid Credentials',
    description: `A client certificate that this API knows is required. ${checkCredentials}`,
  },
  productionKeyRefused: {
    code: '900901',
    status: 401,
    message: 'Production Key Provided for Sandbox Gateway',
    description: `Production Key Provided for Sandbox Gateway. ${checkCredentials}`,
  },
  sandboxKeyRefused: {
    code: '900901',
    status: 401,
    message: 'Sandbox Key Provided for Production Gateway',
    description: `Sandbox Key Provided for Production Gateway. ${checkCredentials}`,
  },
  loginsSlowed: {
    code: '900901',
    status: 429,
    message: 'Invalid Credentials',
    description: 'There have been too many wrong passwords. Try again later.',
  },
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
  missingCredentials: {
    code: '900902',
    status: 401,
    message: 'Missing Credentials',
    description:
      'Required OAuth credentials not provided. Make sure your API invocation call has a header: "Authorization: Bearer ACCESS_TOKEN"',
  },
  tokenExpired: {
    code: '900903',
    status: 401,
    message: 'Access Token Expired',
    description: `Access Token Expired. Renew the access token and try again. ${checkCredentials}`,
  },
  wrongTokenKind: {
    code: '900905',
    status: 401,
    message: 'Incorrect Access Token Type is provided',
    description: 'This resource does not accept access tokens of this kind (application or application user).',
  },
  subscriptionBlocked: {
    code: '900907',
    status: 401,
    message: 'The requested API is temporarily blocked',
    description: 'The subscription to the API is blocked.',
  },
  keyRestricted: {
    code: '900908',
    status: 403,
    message: 'Resource forbidden',
    description: 'The API key may not be used from here.',
  },
  otherApisKey: {
    code: '900908',
    status: 403,
    message: 'Resource forbidden',
    description: 'The internal key is for another API.',
  },
  otherTenantsUser: {
    code: '900908',
    status: 403,
    message: 'Resource forbidden',
    description: 'User is NOT authorized to access the Resource. API Subscription validation failed.',
  },
  notSubscribed: {
    code: '900908',
    status: 403,
    message: 'Resource forbidden',
    description: 'User is NOT authorized to access the Resource. API Subscription validation failed.',
  },
  subscriptionInactive: {
    code: '900909',
    status: 401,
    message: 'The subscription to the API is inactive',
    description: 'The subscription is waiting for approval or was rejected.',
  },
  scopeMissing: {
    code: '900910',
    status: 403,
    message: 'The access token does not allow you to access the requested resource',
    description: 'User is NOT authorized to access the Resource. Scope validation failed.',
  },
  audienceMissing: {
    code: '900914',
    status: 403,
    message: 'The access token does not allow you to access the requested resource',
    description: 'User is NOT authorized to access the Resource. Audience validation failed.',
  },
  apiBlocked: {
    code: '700700',
    status: 503,
    message: 'API blocked',
    description: 'This API has been blocked temporarily. Please try again later or contact the system administrators.',
  },
  backendUnreachable: {
    code: '101503',
    status: 503,
    message: 'Connection failed',
    description: 'The backend could not be reached.',
  },
  backendSendFailed: {
    code: '101500',
    status: 502,
    message: 'Sender I/O error sending',
    description: 'The request could not be sent to the backend completely.',
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
  backendCredentialsRefused: {
    code: '101500',
    status: 502,
    message: 'Sender I/O error sending',
    description: 'The gateway was refused its own credentials for the backend.',
  },
  noUsableEndpoint: {
    code: '303001',
    status: 503,
    message: 'Endpoint not ready',
    description: 'The API has no address that can be called.',
  },
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof faults;

/** What may be added to a row of the table for one request. All of it is public. */
export interface FaultDetails {
  readonly description?: string;
  /** Names and values in turn: Allow, Retry-After, WWW-Authenticate. */
  readonly headers?: readonly string[];
  /** Further members of the body. */
  readonly more?: Readonly<Record<string, string>>;
  /** For the log only. */
  readonly cause?: unknown;
}

/**
 * Ends a request with a row of the table. Thrown by stages; written in one place, `fault-writer.ts`. It has no stack:
 * refusals are ordinary answers, and finding out where each one was thrown costs more than all of the checks.
 */
export class GatewayError extends Error {
  readonly fault: FaultName;
  readonly headers: readonly string[];
  readonly description: string;
  readonly more: Readonly<Record<string, string>> | undefined;

  constructor(fault: FaultName, { description, headers, more, cause }: FaultDetails = {}) {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    super(faults[fault].message, cause === undefined ? undefined : { cause });
    Error.stackTraceLimit = limit;
    this.name = 'GatewayError';
    this.fault = fault;
    this.headers = headers ?? noHeaders;
    this.more = more;
    this.description = description ?? faults[fault].description;
  }
}

const noHeaders: readonly string[] = [];
