// `npm test`: the check, then the tests of whole apps, then the black-box tests with real processes. The last line is `N passed, N failed`.
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
const results = [checked];
for (const [title, project] of [
  ['Whole apps (sockets and databases)', 'apps'],
  ['End to end (real processes)', 'e2e'],
]) {
  console.log(`\n${title} …`);
  results.push(await runVitest(project, { stream: true, args: ['--maxWorkers=2'] }));
}
const sum = (count) => results.reduce((total, result) => total + result[count], 0);
end({ passed: sum('passed'), failed: sum('failed') });
