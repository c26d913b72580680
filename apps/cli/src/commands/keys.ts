import type { Environment } from '@keygate/common/config';
import { createLogger } from '@keygate/common/logging';
import type { ShownSigningKey, SigningAlgorithm } from '@keygate/key-manager/admin';
import { Command, Option } from 'commander';
import { keyManagerConfig, roles, sourcesOf, withSettings } from '../configuration.js';
import { table } from '../table.js';

/** `keygate keys list` and `keygate keys rotate`, directly in the database. */
export function keysCommand(env: Environment): Command {
  return new Command('keys')
    .description('see and rotate the keys that tokens are signed with, directly in the database')
    .addCommand(listCommand(env))
    .addCommand(rotateCommand(env));
}

function listCommand(env: Environment): Command {
  const command = new Command('list').description('list the published keys and their states');
  return withSettings(command, roles['key-manager'])
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  $ keygate keys list\n  $ keygate keys list --data-dir .keygate-700   of a cluster with an offset',
    )
    .action(async ({ json }: { json?: boolean }) => {
      const { config, logger } = context(command, env);
      const { listSigningKeys } = await import('@keygate/key-manager/admin');
      report(json, await listSigningKeys(config, logger));
    });
}

function rotateCommand(env: Environment): Command {
  const command = new Command('rotate').description('make successors of the keys that sign');
  return withSettings(command, roles['key-manager'])
    .addOption(new Option('--alg <algorithm>', 'one algorithm only').choices(['RS256', 'ES256']))
    .option('--now', 'sign with them in seconds: for a key that may be known to somebody else')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
A new key is published first and signs once nobody keeps an older key set (keyManager.oauth2.signing.jwksMaxAgeSeconds).
Running key managers do that; the embedded database is theirs, so with it use the REST API or stop them before.

Examples:
  $ keygate keys rotate
  $ keygate keys rotate --now --alg RS256`,
    )
    .action(async ({ alg, now = false, json }: { alg?: SigningAlgorithm; now?: boolean; json?: boolean }) => {
      const { config, logger } = context(command, env);
      const { rotateKeys } = await import('@keygate/key-manager/admin');
      report(json, await rotateKeys(config, logger, { algorithm: alg, now }));
    });
}

function context(command: Command, env: Environment) {
  const { config } = keyManagerConfig(sourcesOf(command, env));
  return { config, logger: createLogger({ name: 'keys', level: 'warn', format: config.logging.format }) };
}

function report(json: boolean | undefined, keys: readonly ShownSigningKey[]): void {
  const text = (millis: number | undefined) => (millis === undefined ? '' : new Date(millis).toISOString());
  const rows = keys.map(({ kid, alg, state, createdAt, activatesAt, activatedAt, lastExpiresAt }) => [
    ...[alg, state, kid, text(createdAt), text(activatedAt ?? activatesAt), text(lastExpiresAt)],
  ]);
  const heads = ['ALGORITHM', 'STATE', 'KID', 'CREATED', 'SIGNS FROM', 'NEEDED UNTIL'];
  console.log(json ? JSON.stringify(keys, null, 2) : table(heads, rows));
}
