import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, temporaryFolder, waitUntil } from '@keygate/common/testing';
import { start } from './processes.js';

export interface Apache {
  /** Base URL. */
  readonly url: string;
  stop(): Promise<void>;
}

export interface ProtectedPath {
  /** Without slashes. */
  readonly name: string;
  /** The value of `OAuth2TokenVerify`. */
  readonly verify: string;
  /** Arguments of `Require`. */
  readonly requires: string;
}

/** Debian's Apache with mod_oauth2: a resource server that knows of us only what the specifications say. */
export async function startApache(paths: readonly ProtectedPath[]): Promise<Apache> {
  const { path: folder, remove } = temporaryFolder();
  // Its workers are another user.
  chmodSync(folder, 0o755);
  const port = await freePort();
  for (const { name } of paths) {
    mkdirSync(join(folder, 'htdocs', name), { recursive: true });
    writeFileSync(join(folder, 'htdocs', name, 'index.html'), `${name} says hello\n`);
  }
  writeFileSync(join(folder, 'apache.conf'), configuration(folder, port, paths));
  const running = await start('/usr/sbin/apache2', ['-d', folder, '-f', join(folder, 'apache.conf'), '-DFOREGROUND'], {
    name: 'apache2',
    watch: false,
    cwd: folder,
  });
  const url = `http://127.0.0.1:${port}`;
  const answers = async () => (await fetch(url).catch(() => undefined)) !== undefined || !running.isRunning();
  await waitUntil(answers, { timeoutMillis: 20_000, what: 'Apache' });
  if (!running.isRunning()) throw new Error(`Apache ended: ${running.output()}`);
  return {
    url,
    stop: async () => {
      await running.stop();
      remove();
    },
  };
}

function configuration(folder: string, port: number, paths: readonly ProtectedPath[]): string {
  const modules = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'dir', 'oauth2'];
  const user = process.getuid?.() === 0 ? ['User www-data', 'Group www-data'] : [];
  return [
    ...modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`),
    `Listen 127.0.0.1:${port}`,
    'ServerName localhost',
    ...user,
    `PidFile ${folder}/apache.pid`,
    `Mutex file:${folder} default`,
    `ErrorLog ${folder}/error.log`,
    `DocumentRoot ${folder}/htdocs`,
    'DirectoryIndex index.html',
    `<Directory ${folder}/htdocs>`,
    '  Require all granted',
    '</Directory>',
    ...paths.flatMap(({ name, verify, requires }) => [
      `<Location /${name}>`,
      '  AuthType oauth2',
      `  OAuth2TokenVerify ${verify}`,
      `  Require ${requires}`,
      '</Location>',
    ]),
    '',
  ].join('\n');
}
