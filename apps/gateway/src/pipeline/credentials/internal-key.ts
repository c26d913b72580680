import type { CompiledApi } from '../../apis/compiled-catalog.js';
import { apiChallenge } from '../challenge.js';
import type { Exchange } from '../exchange.js';
import { GatewayError } from '../gateway-errors.js';
import { countHeader, findHeader } from '../header-lines.js';
import type { InternalKeySource } from '../ports.js';

/** The key with which publishers try an API, whatever its schemes and its state (WSO2: Internal-Key). */
export function internalKeyOf({ rawHeaders }: Exchange): string | undefined {
  return findHeader(rawHeaders, 'internal-key');
}

/** Whether the request comes with a good key for this very API. One for another API proves a publisher, who gets an answer. */
export function isOpened(exchange: Exchange, api: CompiledApi, keys: InternalKeySource | undefined): boolean {
  const key = internalKeyOf(exchange);
  if (key === undefined || keys === undefined || countHeader(exchange.rawHeaders, 'internal-key') > 1) return false;
  const verdict = keys.judge(key);
  if (verdict.state !== 'active') return false;
  if (verdict.apiId !== api.id) throw new GatewayError('otherApisKey');
  return true;
}

export function acceptInternalKey(exchange: Exchange, key: string, keys: InternalKeySource | undefined): void {
  const { api } = exchange;
  if (countHeader(exchange.rawHeaders, 'internal-key') > 1) {
    throw new GatewayError('severalCredentials', { headers: apiChallenge(api.security) });
  }
  const verdict = keys?.judge(key);
  if (verdict?.state !== 'active') {
    throw new GatewayError('invalidCredentials', { headers: apiChallenge(api.security) });
  }
  if (verdict.apiId !== api.id) throw new GatewayError('otherApisKey');
  exchange.authenticated(verdict.facts);
}
