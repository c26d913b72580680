import { type Environment, withoutJavaStyle } from '@keygate/common/config';
import { Command, CommanderError } from 'commander';
import { auditCommand } from './commands/audit.js';
import { certsCommand } from './commands/certs.js';
import { configCommand } from './commands/config.js';
import { janitorCommand } from './commands/janitor.js';
import { keysCommand } from './commands/keys.js';
import { migrateCommand } from './commands/migrate.js';
import { portsCommand } from './commands/ports.js';
import { gatewayCommand, keyManagerCommand } from './commands/roles.js';
import { upCommand } from './commands/up.js';
import { usersCommand } from './commands/users.js';
import { Reported } from './reported.js';

const version = '0.1.0';

const examples = `
Examples:
  $ keygate up --demo                     a whole cluster on this machine with sample data
  $ keygate up --port-offset 1            the same, every port one higher
  $ keygate gateway --config keygate.yaml one gateway
  $ keygate ports --port-offset 700       which ports that needs, and which are taken
  $ keygate config show --origin          every setting in force and where it came from

Settings come from keygate.yaml, then environment variables, then flags; the later one wins.`;

/** Runs the command line to its end and answers the exit code. A role runs until a signal ends the process. */
export async function run(args: readonly string[], env: Environment): Promise<number> {
  const program = new Command('keygate')
    .description('API gateway and OAuth 2.0 key manager')
    .version(version)
    .addHelpText('after', examples)
    .showHelpAfterError('(see --help)')
    .exitOverride();
  const commands = [
    upCommand,
    gatewayCommand,
    keyManagerCommand,
    portsCommand,
    configCommand,
    migrateCommand,
    certsCommand,
    usersCommand,
    keysCommand,
    auditCommand,
    janitorCommand,
  ];
  for (const command of commands) program.addCommand(command(env));
  quiet(program);
  try {
    await program.parseAsync(withoutJavaStyle(args), { from: 'user' });
    return 0;
  } catch (error) {
    return report(error, env);
  }
}

/** Subcommands throw instead of exiting, so that there is one place that ends the process. */
function quiet(command: Command): void {
  command.exitOverride();
  for (const inner of command.commands) quiet(inner);
}

/** One clear line instead of a stack trace; the trace is there for those who ask for debug output. */
function report(error: unknown, env: Environment): number {
  // Commander has printed its own message already; asking for help is no failure.
  if (error instanceof CommanderError) return error.exitCode;
  if (error instanceof Reported) return 1;
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`keygate: ${message}\n`);
  if (env.LOG_LEVEL === 'debug' || env.LOG_LEVEL === 'trace') process.stderr.write(`${(error as Error).stack}\n`);
  return 1;
}
