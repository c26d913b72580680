import type { CompiledApi, KeyType } from '../../apis/compiled-catalog.js';
import { apiChallenge } from '../challenge.js';
import type { Exchange } from '../exchange.js';
import { GatewayError } from '../gateway-errors.js';

/** Refuses keys that are not for the kind of environment this gateway stands in (WSO2: production-only, sandbox-only). */
export function checkEnvironment({ api }: Exchange, keyType: KeyType, onlyKeyType: KeyType | undefined): void {
  if (onlyKeyType === undefined || keyType === onlyKeyType) return;
  throw new GatewayError(keyType === 'PRODUCTION' ? 'productionKeyRefused' : 'sandboxKeyRefused', {
    headers: apiChallenge(api.security),
  });
}

/** Credentials without a kind of their own go where the API has an endpoint, production first. */
export function usualKeyType({ production, sandbox }: CompiledApi, onlyKeyType: KeyType | undefined): KeyType {
  if (onlyKeyType !== undefined) return onlyKeyType;
  return production === undefined && sandbox !== undefined ? 'SANDBOX' : 'PRODUCTION';
}
