import { apiChallenge } from '../challenge.js';
import type { Exchange } from '../exchange.js';
import { GatewayError } from '../gateway-errors.js';
import type { Login, PipelineSettings, Ports, UserVerdict } from '../ports.js';
import { usualKeyType } from './environment.js';
import { undecidable } from './undecidable.js';

/** Checks the name and password of a user of the API's tenant (RFC 7617; WSO2: basic_auth). */
export function acceptPassword(
  exchange: Exchange,
  credentials: string,
  { users, settings }: Pick<Ports, 'users' | 'settings'>,
): void | Promise<void> {
  const login = loginIn(credentials);
  if (login === undefined) throw invalidLogin(exchange);
  if (users === undefined) undecidable(1);
  const verdict = users.authenticate(login, exchange.clientAddress);
  if (!(verdict instanceof Promise)) return accept(exchange, verdict, settings);
  return verdict.then(
    (found) => accept(exchange, found, settings),
    (cause: unknown) => undecidable(1, cause),
  );
}

export function isBasic(credentials: string): boolean {
  return /^basic +[^ ]/i.test(credentials);
}

/** Names and passwords longer than any there are. */
const maxLength = 2_048;

function loginIn(credentials: string): Login | undefined {
  const encoded =
    credentials.length > maxLength ? undefined : /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(credentials)?.[1];
  if (encoded === undefined) return undefined;
  const bytes = Buffer.from(encoded, 'base64');
  const text = bytes.toString('utf8');
  // What is no UTF-8 would be another password than the one that was sent.
  if (!Buffer.from(text).equals(bytes) || hasControls(text)) return undefined;
  const colon = text.indexOf(':');
  return colon < 1 ? undefined : { userName: text.slice(0, colon), password: text.slice(colon + 1) };
}

function hasControls(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}

function accept(exchange: Exchange, verdict: UserVerdict, { onlyKeyType }: PipelineSettings): void {
  switch (verdict.state) {
    case 'active':
      if (verdict.facts.tenantDomain !== exchange.api.tenantDomain) throw new GatewayError('otherTenantsUser');
      exchange.authenticated(verdict.facts, usualKeyType(exchange.api, onlyKeyType));
      return;
    case 'slowed':
      throw new GatewayError('loginsSlowed', { headers: ['Retry-After', String(verdict.retryAfterSeconds)] });
    case 'undecidable':
      undecidable(verdict.retryAfterSeconds);
      break;
    default:
      throw invalidLogin(exchange);
  }
}

function invalidLogin({ api }: Exchange): GatewayError {
  return new GatewayError('invalidCredentials', { headers: apiChallenge(api.security) });
}
