import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { requirePrograms } from '../../tools/system-programs.mjs';
import { here } from './load.mjs';

const peersFolder = join(here, 'node-peers');

const needs = [
  { packages: ['nginx'], isThere: () => existsSync('/usr/sbin/nginx') },
  {
    packages: ['libnginx-mod-http-lua'],
    isThere: () => existsSync('/usr/lib/nginx/modules/ngx_http_lua_module.so'),
  },
  { packages: ['haproxy'], isThere: () => existsSync('/usr/sbin/haproxy') },
];

/** Installs the others where that is possible, apart from the product: its lock file knows none of them. */
export async function requirePeers(say) {
  if (!(await requirePrograms(needs, 'The gateway benchmark needs'))) throw new Error('peers are missing');
  if (existsSync(join(peersFolder, 'node_modules/fastify'))) return;
  say('installing the peers of npm (bench/gateway/node-peers)');
  const options = ['--no-package-lock', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
  execFileSync('npm', ['install', ...options], { cwd: peersFolder, stdio: 'inherit' });
}

/** What was measured, by its own words. */
export function versions() {
  const debian = (name) => execFileSync('dpkg-query', ['-W', '-f', `${name} \${Version}`, name], { encoding: 'utf8' });
  const { dependencies } = JSON.parse(readFileSync(join(peersFolder, 'package.json'), 'utf8'));
  return {
    programs: ['nginx', 'libnginx-mod-http-lua', 'haproxy'].map(debian).join(', '),
    packages: Object.entries(dependencies)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
  };
}
