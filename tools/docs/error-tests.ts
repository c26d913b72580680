import type { FaultName } from '../../apps/gateway/src/pipeline/gateway-errors.js';
import type { OAuthErrorCode } from '../../apps/key-manager/src/oauth2/errors.js';

/** Where a test is: its file, and its title as the source has it. */
export interface ErrorTest {
  readonly file: string;
  readonly title: string;
}

const gateway = 'apps/gateway';
const anyState = { file: `${gateway}/src/proxy/faults.test.ts`, title: 'ends a call with %s: %d %s' };
const anyCall = { file: `${gateway}/src/proxy/faults.test.ts`, title: 'ends a call with %s: %d %s as JSON' };
const overLimit = { file: `${gateway}/test/throttling.test.ts`, title: 'is answered 429 with %s' };
const noHttp = { file: `${gateway}/test/listeners.test.ts`, title: '%s is answered and cut off on both ports' };
const inCredentials = (title: string) => ({ file: `${gateway}/test/credentials.test.ts`, title });
const inFailures = (title: string) => ({ file: `${gateway}/src/proxy/failures.test.ts`, title });
const inProtection = (title: string) => ({ file: `${gateway}/src/proxy/protection.test.ts`, title });
const inSecurity = (title: string) => ({ file: `${gateway}/src/proxy/endpoint-security.test.ts`, title });
const inPolicies = (title: string) => ({ file: `${gateway}/src/mediation/policies.test.ts`, title });
const inSchemas = (title: string) => ({ file: `${gateway}/src/mediation/schema-validation.test.ts`, title });
const inWebSocket = (title: string) => ({ file: `${gateway}/src/websocket/websocket.test.ts`, title });

/** The test that provokes each row of the table, over a real request. A row without one does not compile. */
export const faultTests: Readonly<Record<FaultName, ErrorTest>> = {
  badRequest: anyCall,
  unsupportedTransport: anyState,
  originRefused: inWebSocket('is refused over HTTP with %s'),
  unknownContext: anyCall,
  noSuchResource: anyCall,
  methodNotAllowed: anyCall,
  requestTimedOut: noHttp,
  bodyTooLarge: inPolicies('reads no more than it may, said before or while it comes'),
  chunkExtensionsTooLarge: {
    file: `${gateway}/test/listeners.test.ts`,
    title: 'chunk extensions without an end are refused where a body is read',
  },
  targetTooLong: anyCall,
  upgradeRequired: inWebSocket('is all that a WebSocket API serves'),
  headTooLarge: noHttp,
  upgradeNotOffered: inWebSocket('is refused over HTTP with %s'),
  tooManyWebSockets: inWebSocket('above as many connections as may be: 503, and room again afterwards'),
  http2Required: { file: `${gateway}/src/proxy/grpc/grpc.test.ts`, title: 'over HTTP/1.1 is answered 505' },
  apiBlocked: anyState,
  notReady: anyState,
  gatewayBug: anyState,

  missingCredentials: anyCall,
  severalCredentials: anyCall,
  invalidCredentials: anyCall,
  certificateRequired: inCredentials('%s opens to the uploaded certificate alone'),
  productionKeyRefused: anyState,
  sandboxKeyRefused: anyState,
  loginsSlowed: inCredentials('are refused when wrong, slowed down, of another tenant, or where tokens belong'),
  tokenExpired: anyCall,
  wrongTokenKind: anyState,
  subscriptionBlocked: anyState,
  keyRestricted: inCredentials('may come from where they were made for'),
  otherApisKey: inCredentials('open their API in any state and with any scheme, and no other'),
  otherTenantsUser: inCredentials('are refused when wrong, slowed down, of another tenant, or where tokens belong'),
  notSubscribed: anyState,
  subscriptionInactive: anyState,
  scopeMissing: anyCall,
  audienceMissing: anyState,
  undecidable: anyCall,
  mustBeExchanged: inCredentials('are judged by the published keys, and stand for the consumer key they name'),

  apiThrottled: overLimit,
  hardLimitReached: overLimit,
  resourceThrottled: overLimit,
  applicationThrottled: overLimit,
  subscriptionThrottled: overLimit,
  messageBlocked: anyState,
  customRuleThrottled: overLimit,
  burstThrottled: overLimit,

  requestUnfit: inSchemas('refuses %s with %j %s'),
  answerUnfit: inSchemas('does not hand on an answer %s'),
  payloadMalformed: inPolicies('answers 601000 for what cannot be read: %s'),
  mediationBroken: inPolicies('that cannot be applied keep the API closed: %s'),
  mediationBusy: inSchemas('holds no more bodies than it may'),

  noProductionEndpoint: anyState,
  noSandboxEndpoint: anyCall,
  backendSendFailed: inFailures('sends less than it announced never completes a request at the backend'),
  backendCredentialsRefused: inSecurity('calls nobody when the token URL %s'),
  backendUnreachable: inFailures('is not there: 503 101503'),
  backendTimedOut: inFailures('does not answer in the time of its endpoint: 504 101504'),
  backendClosed: inFailures('closes without an answer: 502 101505'),
  backendProtocolViolation: inFailures('answers %s: 502, and nothing of it passes'),
  backendConnectTimedOut: inProtection('hold for connecting, which includes the handshake of TLS'),
  backendBusy: inFailures('is full has a bounded queue: 503 303001'),
  backendSuspended: inProtection('is left alone, and called again when it is well'),
  addressRefused: { file: `${gateway}/src/proxy/address-refused.test.ts`, title: 'is refused: %s' },
  backendCredentialsUnavailable: inSecurity('calls nobody when the token URL %s'),
  noUsableEndpoint: anyState,
};

const over = (name: string, title: string) => ({ file: `apps/key-manager/test/${name}.test.ts`, title });
const pushed = over('pushed-authorization', 'answers 400 for %s');
const userinfo = over('identity', 'answers userinfo with the challenges of RFC 6750 §3.1');

/** The same for token requests. */
export const oauthErrorTests: Readonly<Record<OAuthErrorCode, ErrorTest>> = {
  invalid_request: over('token-endpoint.password', 'answers invalid_request when a parameter is missing'),
  invalid_client: over('token-endpoint.password', 'answers 401 and a challenge for a wrong client secret'),
  invalid_grant: over('token-endpoint.password', 'answers invalid_grant for %s'),
  unauthorized_client: over(
    'token-endpoint.client-credentials',
    'answers unauthorized_client for a client without the grant',
  ),
  unsupported_grant_type: over(
    'token-endpoint.client-credentials',
    'answers unsupported_grant_type for a grant that is not enabled',
  ),
  invalid_scope: over('token-endpoint.refresh-token', 'refuses more scope than was granted'),
  invalid_token: userinfo,
  insufficient_scope: userinfo,
  authorization_pending: over('device', 'lets a device in: code, login, consent, tokens'),
  slow_down: over('device', 'answers slow_down to a device that asks too often'),
  // A device code lives for minutes, so this one has a clock of its own.
  expired_token: {
    file: 'apps/key-manager/src/oauth2/grants/device-code.grant.test.ts',
    title: 'answers access_denied when the user refuses, and expired_token when it took too long',
  },
  access_denied: over('device', 'answers access_denied when the user does not allow it'),
  invalid_target: over('token-endpoint.token-exchange', 'answers invalid_target for a resource that is none'),
  unsupported_response_type: pushed,
  request_not_supported: pushed,
  // A reference is refused before this could be said, so it is provoked where requests are read.
  request_uri_not_supported: {
    file: 'apps/key-manager/src/oauth2/authorization/authorization-request.test.ts',
    title: 'with %s is refused by redirect',
  },
  registration_not_supported: pushed,
  invalid_dpop_proof: over('client-proofs', 'is asked of a client that registered it'),
  use_dpop_nonce: over('client-proofs', 'are asked for with the first refusal, which openid-client follows'),
  temporarily_unavailable: over('token-endpoint.jwt-bearer', 'answers 503 when the keys cannot be had'),
  server_error: over('http.requests', 'that meet a bug are answered server_error, and say nothing of it'),
};
