import type { CompiledEndpoint } from '../apis/compiled-catalog.js';
import { GatewayError } from '../pipeline/gateway-errors.js';

/**
 * What the gateway proves itself with on connections that are not sent again after a refusal, as names and values in turn. A
 * backend that expects what cannot be known beforehand (Digest, OAuth) is not called without it.
 */
export function fixedCredentials({ security }: CompiledEndpoint): string[] {
  if (security === undefined) return [];
  if (security.type !== 'basic') throw new GatewayError('backendCredentialsUnavailable');
  const { username, password } = security;
  return ['authorization', `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`];
}
