import { join } from 'node:path';
import type { RunningProcess } from '@keygate/common/testing';
import { type Client, httpsClient } from './https-client.js';
import { defaultPorts } from './ports.js';
import { startKeygate, waitUntilReady } from './processes.js';
import { secret } from './secrets.js';

/** Settings of a cluster whose administrator is known. */
export type AdministeredCluster = ClusterSettings & { readonly adminPassword: string };

/** What all processes of one cluster share. */
export interface ClusterSettings {
  readonly dataDir: string;
  readonly offset: number;
  /** Unset: the key manager makes one. */
  readonly adminPassword?: string;
  readonly databaseUrl?: string;
  readonly redisUrl?: string;
  readonly redisKeyPrefix?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Role {
  readonly process: RunningProcess;
  readonly offset: number;
  /** Base URL of its HTTPS listener. */
  readonly url: string;
  isReady(): Promise<boolean>;
}

export const caFileOf = (dataDir: string) => join(dataDir, 'tls', 'ca.crt');

function environment(settings: ClusterSettings, offset: number): Record<string, string | undefined> {
  return {
    PORT_OFFSET: String(offset),
    KEYGATE_DATA_DIR: settings.dataDir,
    DATABASE_URL: settings.databaseUrl,
    REDIS_URL: settings.redisUrl,
    REDIS_KEY_PREFIX: settings.redisKeyPrefix,
    ...settings.env,
  };
}

/** Asks the operations port; a refused connection is "not ready". */
export async function isReady(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(2_000) })).status === 200;
  } catch {
    return false;
  }
}

async function startRole(
  running: RunningProcess,
  offset: number,
  httpsPort: number,
  operationsPort: number,
): Promise<Role> {
  const ready = () => isReady(operationsPort + offset);
  await waitUntilReady(running, ready);
  return { process: running, offset, url: `https://localhost:${httpsPort + offset}`, isReady: ready };
}

export async function startKeyManager(settings: ClusterSettings, offset = settings.offset): Promise<Role> {
  if (settings.adminPassword !== undefined) {
    secret(settings.adminPassword, 'the admin password');
  }
  const running = await startKeygate(['key-manager'], {
    name: `key manager with offset ${offset}`,
    cwd: settings.dataDir,
    env: { ...environment(settings, offset), KEYGATE_ADMIN_PASSWORD: settings.adminPassword },
  });
  return startRole(running, offset, defaultPorts.keyManagerHttps, defaultPorts.keyManagerOperations);
}

export async function startGateway(
  settings: ClusterSettings,
  offset = settings.offset,
  keyManagers: readonly Role[] = [],
): Promise<Role> {
  const addresses = keyManagers.map((one) => `https://localhost:${defaultPorts.keyManagerGrpc + one.offset}`);
  const running = await startKeygate(['gateway'], {
    name: `gateway with offset ${offset}`,
    cwd: settings.dataDir,
    env: { ...environment(settings, offset), KEY_MANAGER_SERVER_URL: addresses.join(',') || undefined },
  });
  return startRole(running, offset, defaultPorts.gatewayHttps, defaultPorts.gatewayOperations);
}

export const clusterClient = (settings: ClusterSettings): Client => httpsClient(caFileOf(settings.dataDir));
