import type { Environment } from '@keygate/common/config';
import { createLogger } from '@keygate/common/logging';
import { Command } from 'commander';
import { keyManagerConfig, roles, sourcesOf, withSettings } from '../configuration.js';
import { readPassword } from '../password.js';

/** `keygate users`: accounts, directly in the database. */
export function usersCommand(env: Environment): Command {
  return new Command('users')
    .description('create, lock and delete users and set passwords, directly in the database')
    .addCommand(createCommand(env))
    .addCommand(setPasswordCommand(env))
    .addCommand(lockCommand(env, 'lock', 'lock a user; tokens of the user are revoked'))
    .addCommand(lockCommand(env, 'unlock', 'unlock a user'))
    .addCommand(deleteCommand(env));
}

function createCommand(env: Environment): Command {
  const command = withPassword(userCommand('create', 'create a user')).option(
    '--role <role>',
    'role of the user; may be given several times',
    (role: string, others: readonly string[]) => [...others, role],
    [] as readonly string[],
  );
  return command
    .addHelpText(
      'after',
      `
The password is asked for, or read from --password-file or standard input, so that it appears in no process list.

Examples:
  $ keygate users create alice --role Internal/subscriber
  $ keygate users create bob@example.com --password-file bob.txt`,
    )
    .action(async (username: string, options: { passwordFile?: string; role: readonly string[]; json?: boolean }) => {
      const { config, logger } = context(command, env);
      const password = await readPassword({ file: options.passwordFile, twice: true });
      const { createUser } = await import('@keygate/key-manager/admin');
      await createUser(config, logger, { username, password, roles: options.role });
      report(options.json, { username, roles: options.role }, `created ${username}`);
    });
}

function setPasswordCommand(env: Environment): Command {
  const command = withPassword(
    userCommand('set-password', 'set the password of a user; tokens of the user are revoked'),
  );
  return command
    .addHelpText(
      'after',
      `
Examples:
  $ keygate users set-password admin
  $ keygate users set-password admin < new-password.txt`,
    )
    .action(async (username: string, options: { passwordFile?: string; json?: boolean }) => {
      const { config, logger } = context(command, env);
      const password = await readPassword({ file: options.passwordFile, twice: true });
      const { setUserPassword } = await import('@keygate/key-manager/admin');
      const isThere = await setUserPassword(config, logger, { username, password });
      if (!isThere) throw new Error(`there is no user ${username}`);
      report(options.json, { username }, `password of ${username} set`);
    });
}

function lockCommand(env: Environment, verb: 'lock' | 'unlock', description: string): Command {
  const command = userCommand(verb, description);
  return command
    .addHelpText('after', `\nExamples:\n  $ keygate users ${verb} alice`)
    .action(async (username: string, options: { json?: boolean }) => {
      const { config, logger } = context(command, env);
      const { setUserLocked } = await import('@keygate/key-manager/admin');
      const isThere = await setUserLocked(config, logger, { username, locked: verb === 'lock' });
      if (!isThere) throw new Error(`there is no user ${username}`);
      report(options.json, { username, locked: verb === 'lock' }, `${verb}ed ${username}`);
    });
}

function deleteCommand(env: Environment): Command {
  const command = userCommand('delete', 'delete a user; tokens of the user are revoked, applications stay');
  return command
    .addHelpText('after', '\nExamples:\n  $ keygate users delete alice')
    .action(async (username: string, options: { json?: boolean }) => {
      const { config, logger } = context(command, env);
      const { deleteUser } = await import('@keygate/key-manager/admin');
      if (!(await deleteUser(config, logger, username))) throw new Error(`there is no user ${username}`);
      report(options.json, { username }, `deleted ${username}`);
    });
}

function userCommand(name: string, description: string): Command {
  const command = new Command(name).description(description).argument('<username>', '[DOMAIN/]name[@tenant]');
  return withSettings(command, roles['key-manager']).option('--json', 'print JSON');
}

function withPassword(command: Command): Command {
  return command.option('--password-file <file>', 'file whose first line is the password');
}

function context(command: Command, env: Environment) {
  const { config } = keyManagerConfig(sourcesOf(command, env));
  return { config, logger: createLogger({ name: 'users', level: 'warn', format: config.logging.format }) };
}

function report(json: boolean | undefined, facts: object, line: string): void {
  console.log(json ? JSON.stringify(facts, null, 2) : line);
}
