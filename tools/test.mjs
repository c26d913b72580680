// `npm test`: the check, then the black-box tests with real processes. The last line is `N passed, N failed`.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { check } from './check.mjs';
import { prepare } from './prepare.mjs';
import { run, step } from './steps.mjs';
import { runVitest } from './vitest-run.mjs';

const end = ({ passed, failed }) => {
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
};

const isOnPath = (program) =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

/** The tests need a real Redis. Installed when that is possible, otherwise named with the command that installs it. */
async function requireRedis() {
  if (isOnPath('redis-server')) return true;
  if (process.getuid?.() === 0 && isOnPath('apt-get')) {
    // A run level of 1 keeps the package from starting a server of its own.
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
    const apt = (args) => run('apt-get', args, { env });
    const install = ['install', '-y', '--no-install-recommends', 'redis-server'];
    const installed = await step('Installing redis-server (apt-get)', async () => {
      const first = await apt(install);
      if (first.code === 0) return first;
      await apt(['update']);
      return apt(install);
    });
    if (installed && isOnPath('redis-server')) return true;
  }
  console.error('The tests need redis-server; install it with: sudo apt-get install redis-server');
  return false;
}

if (!(await requireRedis()) || !(await prepare())) end({ passed: 0, failed: 1 });
const checked = await check();
console.log('\nEnd to end (real processes) …');
const endToEnd = await runVitest('e2e', { stream: true, args: ['--maxWorkers=2'] });
end({ passed: checked.passed + endToEnd.passed, failed: checked.failed + endToEnd.failed });
