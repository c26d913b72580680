// Adds the entries that npm leaves out of package-lock.json when a registry mirror does not carry a package for another
// platform. Without them `npm ci` refuses the lock file, on every platform. Run it after `npm install`.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const systems = {
  android: 'android',
  darwin: 'darwin',
  freebsd: 'freebsd',
  linux: 'linux',
  openbsd: 'openbsd',
  win32: 'win32',
  windows: 'win32',
};
const processors = {
  arm64: 'arm64',
  x64: 'x64',
  ia32: 'ia32',
  arm: 'arm',
  armv7: 'arm',
  ppc64: 'ppc64',
  riscv64: 'riscv64',
  s390x: 's390x',
};

/** Entries for optional platform packages that a lock file names as dependencies but does not list. */
export function missingEntries(packages) {
  const missing = {};
  for (const [, entry] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const place = `node_modules/${name}`;
      const isListed = Object.keys(packages).some((path) => path === place || path.endsWith(`/${place}`));
      const platform = platformOf(name);
      if (isListed || !platform || !/^\d/.test(version)) continue;
      missing[place] = { version, ...platform, ...(entry.dev ? { dev: true } : {}), optional: true };
    }
  }
  return missing;
}

function platformOf(name) {
  const words = name.split('/').at(-1).split('-');
  const os = words.map((word) => systems[word]).find(Boolean);
  const cpu = words.map((word) => processors[word]).find(Boolean);
  if (!os || !cpu) return undefined;
  const libc = words.includes('musl') ? { libc: ['musl'] } : {};
  return { cpu: [cpu], os: [os], ...libc };
}

function main() {
  const file = new URL('../package-lock.json', import.meta.url);
  const lock = JSON.parse(readFileSync(file, 'utf8'));
  const missing = missingEntries(lock.packages);
  lock.packages = Object.fromEntries(
    Object.entries({ ...lock.packages, ...missing }).sort(([a], [b]) => a.localeCompare(b, 'en')),
  );
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`package-lock.json: ${Object.keys(missing).length} entries added`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
