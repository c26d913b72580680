import type { Environment } from '@keygate/common/config';
import { onShutdown } from '@keygate/common/lifecycle';
import { createLogger, type Logger } from '@keygate/common/logging';
import { Command, Option } from 'commander';
import { gatewayConfig, keyManagerConfig, type Role, roles, sourcesOf, withSettings } from '../configuration.js';

interface Running {
  readonly urls: unknown;
  readonly ports: unknown;
  /** Credentials and paths of the demo data, if there is any. */
  readonly demo?: unknown;
  /** The password of the first administrator, when it was made here. */
  readonly adminPassword?: string | undefined;
  stop(): Promise<void>;
}

/** `keygate gateway`: one gateway process. */
export function gatewayCommand(env: Environment): Command {
  const command = new Command('gateway').description('run one gateway');
  return withSettings(command, roles.gateway)
    .addHelpText(
      'after',
      `
Examples:
  $ keygate gateway
  $ keygate gateway --key-manager-server-url https://km-1:10397,https://km-2:10397
  $ keygate gateway --port-offset 1 --key-manager-server-url https://localhost:10397`,
    )
    .action(async () => {
      const { config } = gatewayConfig(sourcesOf(command, env));
      const logger = createLogger({ name: 'gateway', ...config.logging });
      await keepRunning('gateway', logger, config.gateway.drainSeconds, async () => {
        const { startGateway } = await import('@keygate/gateway/main');
        return startGateway(config, { logger });
      });
    });
}

/** `keygate key-manager`: one key manager process. */
export function keyManagerCommand(env: Environment): Command {
  const command = new Command('key-manager').description('run one key manager');
  return withSettings(command, roles['key-manager'])
    .addOption(new Option('--demo-backend <url>').hideHelp())
    .addOption(new Option('--gateway-bind-address <address>').hideHelp())
    .addHelpText(
      'after',
      `
Examples:
  $ keygate key-manager
  $ DATABASE_URL=postgresql://keygate@db/keygate keygate key-manager --data-dir /var/lib/keygate`,
    )
    .action(async ({ demoBackend, gatewayBindAddress }: { demoBackend?: string; gatewayBindAddress?: string }) => {
      const { config } = keyManagerConfig(sourcesOf(command, env));
      const logger = createLogger({ name: 'key-manager', ...config.logging });
      await keepRunning('key-manager', logger, config.keyManager.drainSeconds, async () => {
        const { startKeyManager } = await import('@keygate/key-manager/main');
        return startKeyManager(config, {
          logger,
          gatewayBindAddress,
          ...(demoBackend === undefined ? {} : { demo: { backendUrl: demoBackend } }),
        });
      });
    });
}

async function keepRunning(
  role: Role,
  logger: Logger,
  drainSeconds: number,
  start: () => Promise<Running>,
): Promise<never> {
  const starting = start();
  // From here on, so that a signal during a slow start still ends in order.
  onShutdown(logger, async () => (await starting).stop(), drainSeconds);
  const { urls, ports, demo, adminPassword } = await starting;
  // Past the logger on purpose: it would take it out, and this is the only time anybody can read it.
  if (adminPassword !== undefined) console.log(`Administrator: admin / ${adminPassword} (shown only this once)`);
  process.send?.({ ready: true, role, urls, ports, demo });
  // onShutdown ends the process.
  return new Promise<never>(() => {});
}
