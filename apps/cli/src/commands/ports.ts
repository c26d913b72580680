import type { Environment } from '@keygate/common/config';
import { Command } from 'commander';
import { bothConfigs, roles, sourcesOf, withSettings } from '../configuration.js';
import { type PortRow, portsInForce } from '../ports-in-force.js';
import { table } from '../table.js';

/** `keygate ports`: every port in force and who holds it. */
export function portsCommand(env: Environment): Command {
  const command = new Command('ports').description('list the ports in force, and which of them are taken');
  return withSettings(command, ...Object.values(roles))
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ keygate ports
  $ keygate ports --port-offset 700
  $ keygate ports --json`,
    )
    .action(async ({ json }: { json?: boolean }) => {
      const rows = await portsInForce(bothConfigs(sourcesOf(command, env)));
      console.log(json ? JSON.stringify(rows, null, 2) : asTable(rows));
    });
}

function asTable(rows: readonly PortRow[]): string {
  const state = (row: PortRow) =>
    row.taken ? `taken${row.takenBy === undefined ? '' : ` by ${row.takenBy}`}` : 'free';
  return table(
    ['PORT', 'PROCESS', 'SETTING', 'ENVIRONMENT', 'ADDRESS', 'STATE'],
    rows.map((row) => [`${row.port}`, row.process, row.setting, row.env ?? '', row.address, state(row)]),
  );
}
