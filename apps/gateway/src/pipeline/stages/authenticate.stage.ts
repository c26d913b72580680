import { challenge } from '../challenge.js';
import type { Exchange } from '../exchange.js';
import { GatewayError } from '../gateway-errors.js';
import { countHeader, findHeader } from '../header-lines.js';
import type { Ports, TokenVerdict } from '../ports.js';
import type { Stage } from '../stage.js';

/** Finds out what the access token of the request stands for (RFC 6750 section 2.1). */
export function authenticate({ tokens }: Pick<Ports, 'tokens'>): Stage {
  return {
    name: 'authenticate',
    run(exchange) {
      if (exchange.resource.authType === 'None') return;
      const verdict = tokens.lookup(bearerTokenOf(exchange));
      if (!(verdict instanceof Promise)) return accept(exchange, verdict);
      return verdict.then(
        (found) => accept(exchange, found),
        (cause: unknown) => undecidable(1, cause),
      );
    },
  };
}

/** RFC 6750 section 2.1: b64token. 8 KiB is ample for a JWT and stops long lines of nothing. */
const bearer = /^bearer +([\w.~+/-]+=*) *$/i;
const maxTokenLength = 8192;

function bearerTokenOf({ api, rawHeaders }: Exchange): string {
  const credentials = findHeader(rawHeaders, api.authorizationHeader);
  if (credentials === undefined) throw new GatewayError('missingCredentials', { headers: challenge() });
  if (countHeader(rawHeaders, api.authorizationHeader) > 1) {
    throw new GatewayError('severalCredentials', { headers: challenge('invalid_request') });
  }
  if (!/^bearer +[^ ]/i.test(credentials)) throw new GatewayError('missingCredentials', { headers: challenge() });
  const token = credentials.length <= maxTokenLength + 7 ? bearer.exec(credentials)?.[1] : undefined;
  if (token === undefined) throw invalidToken('invalidCredentials', 'The access token is malformed');
  return token;
}

function accept(exchange: Exchange, verdict: TokenVerdict): void {
  switch (verdict.state) {
    case 'active':
      exchange.authenticated(verdict.facts);
      break;
    case 'expired':
      throw invalidToken('tokenExpired', 'The access token expired');
    case 'invalid':
      throw invalidToken('invalidCredentials', 'The access token is not valid');
    default:
      undecidable(verdict.retryAfterSeconds);
  }
}

function invalidToken(fault: 'tokenExpired' | 'invalidCredentials', description: string): GatewayError {
  return new GatewayError(fault, { headers: challenge('invalid_token', description) });
}

/** 401 is a decision of the key manager; when it cannot be asked there is none (503). */
function undecidable(retryAfterSeconds: number, cause?: unknown): never {
  throw new GatewayError('undecidable', { headers: ['Retry-After', String(retryAfterSeconds)], cause });
}
