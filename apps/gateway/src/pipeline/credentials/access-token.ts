import type { ForeignIssuers } from '../../apis/foreign-key-managers.js';
import { residentKeyManager } from '../../apis/foreign-key-managers.js';
import { apiChallenge } from '../challenge.js';
import { connectionCertificate } from '../connection-certificate.js';
import { refuseBearer, refuseUnbound, requireProof } from '../dpop.js';
import type { Exchange } from '../exchange.js';
import { GatewayError } from '../gateway-errors.js';
import type { Confirmation, ForeignVerdict, Ports, TokenVerdict } from '../ports.js';
import { undecidable } from './undecidable.js';

export type TokenScheme = 'Bearer' | 'DPoP';
export type TokenPorts = Pick<Ports, 'tokens' | 'foreignTokens' | 'dpop'>;

/** Finds out what the access token stands for (RFC 6750 section 2.1, RFC 9449 section 7.1). */
export function acceptToken(exchange: Exchange, credentials: string, ports: TokenPorts): void | Promise<void> {
  // Nearly all there are: one look at the text, and the scheme is known with the token.
  const bearer = credentials.length <= maxLength ? tokens.Bearer.exec(credentials)?.[1] : undefined;
  const scheme = bearer === undefined ? tokenScheme(credentials) : 'Bearer';
  if (scheme === undefined) {
    throw new GatewayError('missingCredentials', { headers: apiChallenge(exchange.api.security) });
  }
  const token = bearer ?? tokenIn(exchange, credentials, scheme);
  const verdict = lookup(exchange, token, ports);
  if (!(verdict instanceof Promise)) {
    // Nearly every call: nothing is bound, and nothing more is allocated.
    if (isPlain(verdict) && scheme === 'Bearer' && exchange.api.security.keyManagers === undefined) {
      return exchange.authenticated(verdict.facts);
    }
    return accept(exchange, verdict, { scheme, token, dpop: ports.dpop });
  }
  return verdict.then(
    (found) => accept(exchange, found, { scheme, token, dpop: ports.dpop }),
    (cause: unknown) => undecidable(1, cause),
  );
}

/** Undefined for credentials of another scheme, and for none. */
export function tokenScheme(credentials: string): TokenScheme | undefined {
  if (/^bearer +[^ ]/i.test(credentials)) return 'Bearer';
  return /^dpop +[^ ]/i.test(credentials) ? 'DPoP' : undefined;
}

interface Presented {
  readonly scheme: TokenScheme;
  readonly token: string;
  readonly dpop: Ports['dpop'];
}

/** RFC 6750 section 2.1: b64token. 8 KiB is ample for a JWT and stops long lines of nothing. */
const tokens = { Bearer: /^bearer +([\w.~+/-]+=*) *$/i, DPoP: /^dpop +([\w.~+/-]+=*) *$/i };
const maxLength = 8192 + 'bearer '.length;

function tokenIn(exchange: Exchange, credentials: string, scheme: TokenScheme): string {
  const token = credentials.length <= maxLength ? tokens[scheme].exec(credentials)?.[1] : undefined;
  if (token === undefined) throw invalidToken(exchange, 'invalidCredentials', 'The access token is malformed');
  return token;
}

/** Tokens of other key managers are JWTs; where the API's tenant has none of those, nothing more is looked at. */
function lookup(
  { catalog, api, clientAddress }: Exchange,
  token: string,
  { tokens: own, foreignTokens }: TokenPorts,
): ForeignVerdict | Promise<ForeignVerdict> {
  if (catalog.keyManagers.size > 0 && foreignTokens !== undefined) {
    const issuers: ForeignIssuers | undefined = catalog.keyManagers.get(api.tenantDomain);
    const verdict = issuers === undefined ? undefined : foreignTokens.lookup(token, issuers);
    if (verdict !== undefined) return verdict;
  }
  return own.lookup(token, clientAddress);
}

function isPlain(verdict: ForeignVerdict): verdict is Extract<TokenVerdict, { state: 'active' }> {
  return (
    verdict.state === 'active' &&
    verdict.facts.confirmation === undefined &&
    (verdict.facts.kind === 'APPLICATION' || verdict.facts.kind === 'APPLICATION_USER')
  );
}

function accept(exchange: Exchange, verdict: ForeignVerdict, presented: Presented): void | Promise<void> {
  switch (verdict.state) {
    case 'active': {
      const { facts } = verdict;
      // An API key is as unknown here as any other text that is no token.
      if (facts.kind !== 'APPLICATION' && facts.kind !== 'APPLICATION_USER') throw unknownToken(exchange);
      const { keyManagers } = exchange.api.security;
      if (keyManagers?.has(facts.foreign?.keyManager ?? residentKeyManager) === false) throw unknownToken(exchange);
      if (isPlain(verdict) && presented.scheme === 'Bearer') return exchange.authenticated(facts);
      const pending = requireHolder(exchange, facts.confirmation, presented);
      if (pending === undefined) return exchange.authenticated(facts);
      return pending.then(() => exchange.authenticated(facts));
    }
    case 'expired':
      throw invalidToken(exchange, 'tokenExpired', 'The access token expired');
    case 'invalid':
      throw unknownToken(exchange);
    case 'exchange':
      throw new GatewayError('mustBeExchanged');
    default:
      undecidable(verdict.retryAfterSeconds);
  }
}

/** A bound token is of no use to whoever has only stolen it. */
function requireHolder(
  exchange: Exchange,
  confirmation: Confirmation | undefined,
  { scheme, token, dpop }: Presented,
): void | Promise<void> {
  if (confirmation === undefined) return refuseUnbound();
  const { method, thumbprint } = confirmation;
  if (method === 'jkt') {
    if (scheme !== 'DPoP') return refuseBearer();
    if (dpop !== undefined) return requireProof(exchange, { accessToken: token, thumbprint }, dpop);
  } else if (method === 'x5t#S256' && scheme === 'Bearer') {
    // RFC 8705 section 3: the certificate of this very connection.
    if (connectionCertificate(exchange.request.socket)?.thumbprint === thumbprint) return;
    throw invalidToken(exchange, 'invalidCredentials', 'The access token is bound to another certificate');
  }
  // Bound in a way that cannot be checked here: to let it in would make the binding worthless.
  throw invalidToken(exchange, 'invalidCredentials', 'The access token is bound to what was not shown');
}

function unknownToken(exchange: Exchange): GatewayError {
  return invalidToken(exchange, 'invalidCredentials', 'The access token is not valid');
}

function invalidToken(
  { api }: Exchange,
  fault: 'tokenExpired' | 'invalidCredentials',
  description: string,
): GatewayError {
  return new GatewayError(fault, { headers: apiChallenge(api.security, 'invalid_token', description) });
}
