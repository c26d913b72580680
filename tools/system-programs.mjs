// What the tests need beside Node: real servers, a browser and clients of another language. All of it is in Debian.
import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run, step } from './steps.mjs';

const isOnPath = (program) =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

// Debian's own Python: packages of apt are not seen by another one that comes first on the PATH.
const hasPythonModule = (name) => {
  try {
    execFileSync('/usr/bin/python3', ['-c', `import ${name}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

const testNeeds = [
  { packages: ['redis-server'], isThere: () => isOnPath('redis-server') },
  { packages: ['chromium'], isThere: () => isOnPath('chromium') },
  {
    packages: ['apache2-bin', 'libapache2-mod-oauth2'],
    isThere: () => existsSync('/usr/sbin/apache2') && existsSync('/usr/lib/apache2/modules/mod_oauth2.so'),
  },
  { packages: ['python3', 'python3-authlib'], isThere: () => hasPythonModule('authlib') },
  { packages: ['python3', 'python3-requests-oauthlib'], isThere: () => hasPythonModule('requests_oauthlib') },
];

const missing = (needs) => [...new Set(needs.filter(({ isThere }) => !isThere()).flatMap(({ packages }) => packages))];

/** Installs what is missing where that is possible; otherwise names the one command that does, and answers false. */
export async function requirePrograms(needs = testNeeds, who = 'The tests need') {
  const packages = missing(needs);
  if (packages.length === 0) return true;
  if (process.getuid?.() === 0 && isOnPath('apt-get')) {
    // A run level of 1 keeps the packages from starting servers of their own.
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
    const apt = (args) => run('apt-get', args, { env });
    const install = ['install', '-y', '--no-install-recommends', ...packages];
    await step(`Installing ${packages.join(', ')} (apt-get)`, async () => {
      const first = await apt(install);
      if (first.code === 0) return first;
      await apt(['update']);
      return apt(install);
    });
    if (missing(needs).length === 0) return true;
  }
  console.error(`${who} programs of Debian: sudo apt-get install ${missing(needs).join(' ')}`);
  return false;
}
