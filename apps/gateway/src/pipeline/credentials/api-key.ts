import { apiChallenge } from '../challenge.js';
import type { Exchange } from '../exchange.js';
import { GatewayError } from '../gateway-errors.js';
import { findHeader } from '../header-lines.js';
import type { Ports, TokenVerdict } from '../ports.js';
import { undecidable } from './undecidable.js';

/** Finds out which application an API key is of, and whether it may come from there (WSO2: api_key). */
export function acceptApiKey(exchange: Exchange, key: string, { tokens }: Pick<Ports, 'tokens'>): void | Promise<void> {
  if (!wellFormed.test(key)) throw invalidKey(exchange);
  const verdict = tokens.lookup(key, exchange.clientAddress);
  if (!(verdict instanceof Promise)) return accept(exchange, verdict);
  return verdict.then(
    (found) => accept(exchange, found),
    (cause: unknown) => undecidable(1, cause),
  );
}

const wellFormed = /^[\w.~+/=-]{1,8192}$/;

function accept(exchange: Exchange, verdict: TokenVerdict): void {
  if (verdict.state === 'undecidable') undecidable(verdict.retryAfterSeconds);
  // An access token where an API key belongs is none.
  if (verdict.state !== 'active' || verdict.facts.kind !== 'API_KEY') throw invalidKey(exchange);
  const { facts } = verdict;
  const { restrictions } = facts;
  if (restrictions?.allows(exchange.clientAddress, findHeader(exchange.rawHeaders, 'referer')) === false) {
    throw new GatewayError('keyRestricted');
  }
  exchange.authenticated(facts);
}

function invalidKey({ api }: Exchange): GatewayError {
  return new GatewayError('invalidCredentials', { headers: apiChallenge(api.security) });
}
