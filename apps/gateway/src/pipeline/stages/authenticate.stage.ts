import { challenge } from '../challenge.js';
import { connectionCertificate } from '../connection-certificate.js';
import { refuseBearer, refuseUnbound, requireProof } from '../dpop.js';
import type { Exchange } from '../exchange.js';
import { GatewayError } from '../gateway-errors.js';
import { countHeader, findHeader } from '../header-lines.js';
import type { Confirmation, Ports, TokenVerdict } from '../ports.js';
import type { Stage } from '../stage.js';

type Scheme = 'Bearer' | 'DPoP';
type Dpop = Ports['dpop'];

/** Finds out what the access token of the request stands for (RFC 6750 section 2.1, RFC 9449 section 7.1). */
export function authenticate({ tokens, dpop }: Pick<Ports, 'tokens' | 'dpop'>): Stage {
  return {
    name: 'authenticate',
    run(exchange) {
      if (exchange.resource.authType === 'None') return;
      const credentials = credentialsOf(exchange);
      const scheme = schemeOf(credentials);
      const token = tokenIn(credentials, scheme);
      const verdict = tokens.lookup(token);
      if (!(verdict instanceof Promise)) {
        // Nearly every call: nothing is bound, and nothing more is allocated.
        if (isUnbound(verdict) && scheme === 'Bearer') return exchange.authenticated(verdict.facts);
        return accept(exchange, verdict, { scheme, token, dpop });
      }
      return verdict.then(
        (found) => accept(exchange, found, { scheme, token, dpop }),
        (cause: unknown) => undecidable(1, cause),
      );
    },
  };
}

function isUnbound(verdict: TokenVerdict): verdict is Extract<TokenVerdict, { state: 'active' }> {
  return verdict.state === 'active' && verdict.facts.confirmation === undefined;
}

interface Presented {
  readonly scheme: Scheme;
  readonly token: string;
  readonly dpop: Dpop;
}

/** RFC 6750 section 2.1: b64token. 8 KiB is ample for a JWT and stops long lines of nothing. */
const tokens = { Bearer: /^bearer +([\w.~+/-]+=*) *$/i, DPoP: /^dpop +([\w.~+/-]+=*) *$/i };
const maxTokenLength = 8192;

function credentialsOf({ api, rawHeaders }: Exchange): string {
  const credentials = findHeader(rawHeaders, api.authorizationHeader);
  if (credentials === undefined) throw new GatewayError('missingCredentials', { headers: challenge() });
  if (countHeader(rawHeaders, api.authorizationHeader) > 1) {
    throw new GatewayError('severalCredentials', { headers: challenge('invalid_request') });
  }
  return credentials;
}

function schemeOf(credentials: string): Scheme {
  if (/^bearer +[^ ]/i.test(credentials)) return 'Bearer';
  if (/^dpop +[^ ]/i.test(credentials)) return 'DPoP';
  throw new GatewayError('missingCredentials', { headers: challenge() });
}

function tokenIn(credentials: string, scheme: Scheme): string {
  const token = credentials.length <= maxTokenLength + 7 ? tokens[scheme].exec(credentials)?.[1] : undefined;
  if (token === undefined) throw invalidToken('invalidCredentials', 'The access token is malformed');
  return token;
}

function accept(exchange: Exchange, verdict: TokenVerdict, presented: Presented): void | Promise<void> {
  switch (verdict.state) {
    case 'active': {
      const { facts } = verdict;
      if (isUnbound(verdict) && presented.scheme === 'Bearer') return exchange.authenticated(facts);
      const pending = requireHolder(exchange, facts.confirmation, presented);
      if (pending === undefined) return exchange.authenticated(facts);
      return pending.then(() => exchange.authenticated(facts));
    }
    case 'expired':
      throw invalidToken('tokenExpired', 'The access token expired');
    case 'invalid':
      throw invalidToken('invalidCredentials', 'The access token is not valid');
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
    throw invalidToken('invalidCredentials', 'The access token is bound to another certificate');
  }
  // Bound in a way that cannot be checked here: to let it in would make the binding worthless.
  throw invalidToken('invalidCredentials', 'The access token is bound to what was not shown');
}

function invalidToken(fault: 'tokenExpired' | 'invalidCredentials', description: string): GatewayError {
  return new GatewayError(fault, { headers: challenge('invalid_token', description) });
}

/** 401 is a decision of the key manager; when it cannot be asked there is none (503). */
function undecidable(retryAfterSeconds: number, cause?: unknown): never {
  throw new GatewayError('undecidable', { headers: ['Retry-After', String(retryAfterSeconds)], cause });
}
