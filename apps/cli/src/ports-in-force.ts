import { createServer } from 'node:net';
import { isListeningPort, settingsOf } from '@keygate/common/config';
import { type BothConfigs, type Role, roles } from './configuration.js';
import { portHolder } from './port-holder.js';

export interface PortRow {
  readonly port: number;
  readonly process: Role;
  readonly setting: string;
  readonly env: string | undefined;
  readonly address: string;
  readonly taken: boolean;
  /** `name (pid)` of the process that listens, when the operating system tells. */
  readonly takenBy: string | undefined;
}

/** Every listening port of both roles, offset included. */
export async function portsInForce(configs: BothConfigs): Promise<PortRow[]> {
  const gateway = configs.gateway.config;
  const keyManager = configs.keyManager.config;
  const rows = [
    ...listeningPorts('gateway', gateway, gateway.gateway.listeners),
    ...listeningPorts('key-manager', keyManager, keyManager.keyManager.listeners),
  ];
  return Promise.all(
    rows.map(async (row) => {
      const taken = row.port !== 0 && (await isTaken(row.port, row.address));
      return { ...row, taken, takenBy: taken ? portHolder(row.port) : undefined };
    }),
  );
}

interface Addresses {
  readonly bindAddress: string;
  readonly operationsBindAddress: string;
}

function listeningPorts(process: Role, config: object, addresses: Addresses) {
  return settingsOf(roles[process])
    .filter(isListeningPort)
    .map((leaf) => ({
      port: leaf.path.reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], config) as number,
      process,
      setting: leaf.name,
      env: leaf.meta.env,
      address: leaf.path.at(-1) === 'operations' ? addresses.operationsBindAddress : addresses.bindAddress,
    }));
}

/** Tries to listen, which is what the role would do; anything else could disagree with it. */
export function isTaken(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EADDRINUSE'));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(false)));
  });
}
