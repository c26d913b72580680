// `npm test`: the check, then the black-box tests with real processes. The last line is `N passed, N failed`.
import { check } from './check.mjs';
import { prepare } from './prepare.mjs';
import { requirePrograms } from './system-programs.mjs';
import { runVitest } from './vitest-run.mjs';

const end = ({ passed, failed }) => {
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
};

if (!(await requirePrograms()) || !(await prepare())) end({ passed: 0, failed: 1 });
const checked = await check();
console.log('\nEnd to end (real processes) …');
const endToEnd = await runVitest('e2e', { stream: true, args: ['--maxWorkers=2'] });
end({ passed: checked.passed + endToEnd.passed, failed: checked.failed + endToEnd.failed });
