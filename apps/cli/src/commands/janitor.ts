import type { Environment } from '@keygate/common/config';
import { createLogger } from '@keygate/common/logging';
import { Command } from 'commander';
import { keyManagerConfig, roles, sourcesOf, withSettings } from '../configuration.js';

/** `keygate janitor run`: what the key managers do in the background, now and to the end. */
export function janitorCommand(env: Environment): Command {
  return new Command('janitor')
    .description('delete what nothing needs any more, directly in the database')
    .addCommand(runCommand(env));
}

/** One line on standard error each time so many more rows are gone. */
const progressRows = 100_000;

function runCommand(env: Environment): Command {
  const command = new Command('run').description('delete expired tokens, codes and feed entries until none is left');
  return withSettings(command, roles['key-manager'])
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Runs without rests, beside running key managers on PostgreSQL or while the one of an embedded database is stopped. For
a timer when keyManager.janitor.enabled is false, or to catch up.

Examples:
  $ keygate janitor run
  $ DATABASE_URL=postgresql://keygate@db/keygate keygate janitor run --json`,
    )
    .action(async ({ json }: { json?: boolean }) => {
      const { config } = keyManagerConfig(sourcesOf(command, env));
      const logger = createLogger({ name: 'janitor', level: 'warn', format: config.logging.format });
      const { sweepAll } = await import('@keygate/key-manager/admin');
      let said = 0;
      const deleted = await sweepAll(config, logger, (rows) => {
        if (rows - said < progressRows) return;
        said = rows;
        process.stderr.write(`${rows} rows deleted so far\n`);
      });
      console.log(json ? JSON.stringify({ deleted }, null, 2) : `${deleted} rows deleted`);
    });
}
