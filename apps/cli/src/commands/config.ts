import { ConfigProblems, type Environment, settingsOf } from '@keygate/common/config';
import { Command } from 'commander';
import { type BothConfigs, bothConfigs, roles, sourcesOf, withSettings } from '../configuration.js';
import { Reported } from '../reported.js';
import { table } from '../table.js';

const masked = '********';

interface Row {
  readonly setting: string;
  readonly value: unknown;
  readonly origin: string;
}

/** `keygate config check` and `keygate config show`. */
export function configCommand(env: Environment): Command {
  return new Command('config')
    .description('check the settings, or show those in force')
    .addCommand(checkCommand(env))
    .addCommand(showCommand(env));
}

function checkCommand(env: Environment): Command {
  const command = new Command('check').description('report everything that is wrong with the settings');
  return withSettings(command, ...Object.values(roles))
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  $ keygate config check\n  $ keygate config check --config keygate.yaml --json',
    )
    .action(({ json }: { json?: boolean }) => {
      const sources = sourcesOf(command, env);
      const source = sources.file ?? 'defaults and environment';
      try {
        bothConfigs(sources);
      } catch (error) {
        if (!(json && error instanceof ConfigProblems)) throw error;
        console.log(JSON.stringify({ valid: false, source, problems: error.problems }, null, 2));
        throw new Reported();
      }
      console.log(json ? JSON.stringify({ valid: true, source, problems: [] }, null, 2) : `${source}: valid`);
    });
}

function showCommand(env: Environment): Command {
  const command = new Command('show').description('print every setting in force; secrets are masked');
  return withSettings(command, ...Object.values(roles))
    .option('--origin', 'say where each value came from')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  $ keygate config show\n  $ keygate config show --origin --port-offset 1')
    .action(({ json, origin }: { json?: boolean; origin?: boolean }) => {
      const rows = settingsInForce(bothConfigs(sourcesOf(command, env)));
      if (json) {
        const entries = rows.map(({ setting, ...row }) => [setting, origin ? row : row.value]);
        console.log(JSON.stringify(Object.fromEntries(entries), null, 2));
        return;
      }
      const cells = rows.map((row) => [row.setting, shown(row.value), ...(origin ? [row.origin] : [])]);
      console.log(table(['SETTING', 'VALUE', ...(origin ? ['ORIGIN'] : [])], cells));
    });
}

function settingsInForce(configs: BothConfigs): Row[] {
  const rows = new Map<string, Row>();
  for (const [schema, { config, origins }] of [
    [roles.gateway, configs.gateway],
    [roles['key-manager'], configs.keyManager],
  ] as const) {
    for (const leaf of settingsOf(schema)) {
      const value = leaf.path.reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], config);
      const visible = leaf.meta.secret && value !== undefined ? masked : (value ?? null);
      rows.set(leaf.name, { setting: leaf.name, value: visible, origin: origins.get(leaf.name) ?? 'default' });
    }
  }
  return [...rows.values()];
}

function shown(value: unknown): string {
  if (value === null) return '(unset)';
  return Array.isArray(value) ? value.join(', ') : String(value);
}
