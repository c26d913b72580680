import { apiChallenge, challenge } from '../challenge.js';
import { acceptToken, tokenScheme } from '../credentials/access-token.js';
import { acceptApiKey } from '../credentials/api-key.js';
import { splitApiKey } from '../credentials/api-key-query.js';
import { acceptPassword, isBasic } from '../credentials/basic.js';
import { acceptCertificate, certificateFacts } from '../credentials/client-certificate.js';
import { acceptInternalKey, internalKeyOf } from '../credentials/internal-key.js';
import type { Exchange } from '../exchange.js';
import { GatewayError } from '../gateway-errors.js';
import { headerValues, isNamed, onlyHeader } from '../header-lines.js';
import type { Ports } from '../ports.js';
import type { Stage } from '../stage.js';

export type AuthenticatePorts = Pick<
  Ports,
  'tokens' | 'foreignTokens' | 'dpop' | 'users' | 'internalKeys' | 'settings'
>;

/** Finds out who calls, by what the API's schemes let a caller show. */
export function authenticate(ports: AuthenticatePorts): Stage {
  return {
    name: 'authenticate',
    run(exchange) {
      const { security } = exchange.api;
      // Also where nothing is needed: what came with the request must not go on to the backend.
      const queryKeys = security.takesApiKeys ? takeQueryKeys(exchange) : none;
      const isOpen = exchange.resource.authType === 'None';
      // Nobody gets to an API that wants certificates without one, whatever else its resources want.
      if (isOpen && security.certificate !== 'required') return;
      if (security.isUsual) return byToken(exchange, ports);
      const internalKey = internalKeyOf(exchange);
      if (internalKey !== undefined) return acceptInternalKey(exchange, internalKey, ports.internalKeys);
      if (isOpen) return void acceptCertificate(exchange, security, ports.settings);
      return bySchemes(exchange, queryKeys, ports);
    },
  };
}

/** The usual API, in one pass over the headers. */
function byToken(exchange: Exchange, ports: AuthenticatePorts): void | Promise<void> {
  const { rawHeaders, api } = exchange;
  const { authorizationHeader } = api;
  let credentials: string | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (isNamed(name, authorizationHeader)) {
      if (credentials !== undefined) refuseSeveral();
      credentials = rawHeaders[i + 1];
    } else if (isNamed(name, 'internal-key')) {
      return acceptInternalKey(exchange, rawHeaders[i + 1] as string, ports.internalKeys);
    }
  }
  return acceptToken(exchange, exchange.upgrade === undefined ? (credentials ?? '') : authorizationOf(exchange), ports);
}

function refuseSeveral(): never {
  throw new GatewayError('severalCredentials', { headers: challenge('invalid_request') });
}

const none: readonly string[] = [];

function takeQueryKeys(exchange: Exchange): readonly string[] {
  const { query } = exchange.route;
  const split = query === undefined ? undefined : splitApiKey(query);
  if (split === undefined) return none;
  exchange.withQuery(split.query);
  return split.keys;
}

/** The one header with the access token; empty when there is none. Browsers cannot give a WebSocket one: it has its query. */
function authorizationOf({ rawHeaders, api, upgrade }: Exchange): string {
  const credentials = onlyHeader(rawHeaders, api.authorizationHeader);
  const queryToken = upgrade?.queryToken;
  if (credentials === null || (credentials !== undefined && queryToken !== undefined)) {
    refuseSeveral();
  }
  return queryToken === undefined ? (credentials ?? '') : `Bearer ${queryToken}`;
}

/**
 * The certificate first, for it is there or not before anything is asked; then the first of what the API takes and the
 * client sent, in the order token, password, API key. What was sent and is wrong is never made good by something else.
 */
function bySchemes(exchange: Exchange, queryKeys: readonly string[], ports: AuthenticatePorts): void | Promise<void> {
  const { security } = exchange.api;
  const certificate =
    security.certificate === 'ignored' ? undefined : acceptCertificate(exchange, security, ports.settings);
  if (security.takesTokens || security.takesPasswords) {
    const credentials = authorizationOf(exchange);
    if (security.takesTokens && tokenScheme(credentials)) return acceptToken(exchange, credentials, ports);
    if (security.takesPasswords && isBasic(credentials)) return acceptPassword(exchange, credentials, ports);
  }
  if (security.takesApiKeys) {
    const [key, ...others] = [...headerValues(exchange.rawHeaders, security.apiKeyHeader), ...queryKeys];
    if (others.length > 0) throw new GatewayError('severalCredentials', { headers: apiChallenge(security) });
    if (key !== undefined) return acceptApiKey(exchange, key, ports);
  }
  if (certificate !== undefined && !security.needsApplication) {
    return exchange.authenticated(certificateFacts(exchange.api, certificate, ports.settings.onlyKeyType));
  }
  throw new GatewayError('missingCredentials', { headers: apiChallenge(security) });
}
