import type { Environment } from '@keygate/common/config';
import { createLogger } from '@keygate/common/logging';
import { Command } from 'commander';
import { keyManagerConfig, roles, sourcesOf, withSettings } from '../configuration.js';

const examples = (verb: string) => `
Examples:
  $ keygate migrate ${verb}
  $ DATABASE_URL=postgresql://keygate@db/keygate keygate migrate ${verb}`;

/** `keygate migrate status` and `keygate migrate up`. */
export function migrateCommand(env: Environment): Command {
  return new Command('migrate')
    .description('see or apply changes to the database schema')
    .addCommand(step(env, 'status', 'list the migrations that were and were not applied'))
    .addCommand(step(env, 'up', 'apply what is missing; safe while other processes do the same'));
}

function step(env: Environment, verb: 'status' | 'up', description: string): Command {
  const command = new Command(verb).description(description);
  return withSettings(command, roles['key-manager'])
    .option('--json', 'print JSON')
    .addHelpText('after', examples(verb))
    .action(async ({ json }: { json?: boolean }) => {
      const { config } = keyManagerConfig(sourcesOf(command, env));
      const logger = createLogger({ name: 'migrate', level: 'warn', format: config.logging.format });
      const { migrateUp, migrationStatus } = await import('@keygate/key-manager/admin');
      if (verb === 'up') {
        const applied = await migrateUp(config, logger);
        const lines = applied.map((name) => `applied  ${name}`);
        console.log(json ? JSON.stringify({ applied }, null, 2) : lines.join('\n') || 'nothing to do');
        return;
      }
      const migrations = await migrationStatus(config, logger);
      const rows = migrations.map(({ name, applied }) => `${applied ? 'applied' : 'pending'}  ${name}`);
      console.log(json ? JSON.stringify(migrations, null, 2) : rows.join('\n'));
    });
}
