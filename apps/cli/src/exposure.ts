import type { DeepReadonly } from '@keygate/common/config';
import type { GatewayConfig } from '@keygate/gateway/config';
import type { KeyManagerConfig } from '@keygate/key-manager/config';

const shortest = 12;
const wellKnown =
  /^(admin|root|password|passw0rd|changeme|change-me|secret|keygate|wso2|letmein|qwerty|test|demo)[\d!@#$%.-]*$/i;

/** Whether an address can be reached from this machine only. */
export function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || /^127\.\d+\.\d+\.\d+$/.test(address);
}

/** Why a password must not guard a port that others can reach, or undefined. */
export function weakness(password: string): string | undefined {
  if (wellKnown.test(password)) return 'is a well-known password';
  if (password.length < shortest) return `is shorter than ${shortest} characters`;
  if (new Set(password).size < 6) return 'repeats a few characters';
  return undefined;
}

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
