import type { Environment } from '@keygate/common/config';
import { createLogger } from '@keygate/common/logging';
import type { AuditHead, ChainedEvent } from '@keygate/key-manager/admin';
import { Command, InvalidArgumentError } from 'commander';
import { keyManagerConfig, roles, sourcesOf, withSettings } from '../configuration.js';
import { Reported } from '../reported.js';
import { table } from '../table.js';

/** `keygate audit verify` and `keygate audit list`, directly in the database. */
export function auditCommand(env: Environment): Command {
  return new Command('audit')
    .description('check and read the audit log, directly in the database')
    .addCommand(verifyCommand(env))
    .addCommand(listCommand(env));
}

/** One line on standard error each time so many more events are in order. */
const progressEvents = 100_000;

function verifyCommand(env: Environment): Command {
  const command = new Command('verify').description('check that no event was changed, removed or put in between');
  return withSettings(command, roles['key-manager'])
    .option('--head <seq:hash>', 'head that an earlier run printed; finds that the end was cut off')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Prints the head of the log. Keep it outside of the database: only with it can a later run tell that the whole log was
written anew or cut off. The exit code is 1 when the log is broken.

Examples:
  $ keygate audit verify
  $ keygate audit verify --head 4711:0a1b…`,
    )
    .action(async (options: { head?: string; json?: boolean }) => {
      const { config, logger } = context(command, env);
      const { formatHead, parseHead, verifyAuditLog } = await import('@keygate/key-manager/admin');
      const noted = options.head === undefined ? undefined : notedHead(options.head, parseHead);
      let said = 0;
      const onProgress = (events: number) => {
        if (events - said < progressEvents) return;
        said = events;
        process.stderr.write(`${events} events are in order so far\n`);
      };
      const verdict = await verifyAuditLog(config, logger, { noted, onProgress });
      if (!verdict.ok) {
        if (!options.json) throw new Error(`the audit log is broken at event ${verdict.at}: ${verdict.reason}`);
        console.log(JSON.stringify(verdict, null, 2));
        throw new Reported();
      }
      const head = formatHead(verdict.head);
      const { events } = verdict;
      console.log(
        options.json ? JSON.stringify({ ok: true, events, head }, null, 2) : `${events} events in order, head ${head}`,
      );
    });
}

function notedHead(text: string, parse: (text: string) => AuditHead | undefined): AuditHead {
  const head = parse(text);
  if (head === undefined) throw new Error('--head: is not <number>:<64 hex digits>, as keygate audit verify prints it');
  return head;
}

function listCommand(env: Environment): Command {
  const command = new Command('list').description('show events, the newest first');
  return withSettings(command, roles['key-manager'])
    .option('--since <time>', 'an ISO 8601 time, or how long ago: 30m, 12h, 7d', sinceOf)
    .option('--action <action>', 'one action, or the beginning of some: user.locked, user.')
    .option('--limit <number>', 'most events shown', limitOf, 50)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ keygate audit list
  $ keygate audit list --since 24h --action user. --json
  $ keygate audit list --data-dir .keygate-700    of a cluster with an offset`,
    )
    .action(async (options: { since?: number; action?: string; limit: number; json?: boolean }) => {
      const { config, logger } = context(command, env);
      const { listAuditEvents } = await import('@keygate/key-manager/admin');
      const { since, action, limit } = options;
      const events = await listAuditEvents(config, logger, { since, action, limit });
      console.log(options.json ? JSON.stringify(events.map(toJson), null, 2) : toTable(events));
    });
}

function context(command: Command, env: Environment) {
  const { config } = keyManagerConfig(sourcesOf(command, env));
  return { config, logger: createLogger({ name: 'audit', level: 'warn', format: config.logging.format }) };
}

const unitMillis: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

function sinceOf(text: string): number {
  const [, count, unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  const at = count === undefined ? Date.parse(text) : Date.now() - Number(count) * (unitMillis[unit] ?? 0);
  if (Number.isNaN(at)) throw new InvalidArgumentError('use an ISO 8601 time, or 30m, 12h, 7d.');
  return at;
}

function limitOf(text: string): number {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > 100_000) {
    throw new InvalidArgumentError('use a number from 1 to 100000.');
  }
  return limit;
}

function toJson({ at, hash, previousHash: _, ...event }: ChainedEvent) {
  return { ...event, at: new Date(at).toISOString(), hash: hash.toString('hex') };
}

function toTable(events: readonly ChainedEvent[]): string {
  const rows = events.map(({ seq, at, actor, action, target, clientAddress = '', detail = {} }) =>
    [
      String(seq),
      new Date(at).toISOString(),
      actor,
      action,
      target,
      clientAddress,
      Object.entries(detail)
        .map(([name, value]) => `${name}=${value}`)
        .join(' '),
    ].map(printable),
  );
  return table(['NUMBER', 'TIME', 'WHO', 'WHAT', 'ON WHAT', 'FROM', 'DETAIL'], rows);
}

/** Names come from strangers: control characters would move the cursor of whoever reads the log and hide its lines. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u{${code.toString(16)}}`;
  });
}
