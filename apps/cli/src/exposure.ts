import type { DeepReadonly } from '@keygate/common/config';
import { isLoopback, weakness } from '@keygate/common/exposure';
import type { GatewayConfig } from '@keygate/gateway/config';
import type { KeyManagerConfig } from '@keygate/key-manager/config';

/** Refuses a weak admin password unless the key manager is bound to loopback. The password itself is not repeated. */
export function exposureProblems(
  config: DeepReadonly<KeyManagerConfig>,
  origins: ReadonlyMap<string, string>,
): string[] {
  const { adminPassword, listeners } = config.keyManager;
  if (adminPassword === undefined || isLoopback(listeners.bindAddress)) return [];
  const weak = weakness(adminPassword);
  if (weak === undefined) return [];
  const origin = origins.get('keyManager.adminPassword');
  return [
    `keyManager.adminPassword (${origin}): ${weak}; use a strong one, or bind to loopback only (keyManager.listeners.bindAddress is ${listeners.bindAddress})`,
  ];
}

/** Demo data has published credentials, so it exists only where nobody else can reach it. */
export function demoProblems(
  gateway: DeepReadonly<GatewayConfig>,
  keyManager: DeepReadonly<KeyManagerConfig>,
): string[] {
  const addresses = {
    'gateway.listeners.bindAddress': gateway.gateway.listeners.bindAddress,
    'keyManager.listeners.bindAddress': keyManager.keyManager.listeners.bindAddress,
  };
  return Object.entries(addresses)
    .filter(([, address]) => !isLoopback(address))
    .map(([name, address]) => `${name}: is ${address}, and demo data is for loopback only; use --no-demo`);
}
