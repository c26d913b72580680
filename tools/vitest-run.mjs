// One Vitest project, with its numbers.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bin, node } from './steps.mjs';

/** Answers `{ passed, failed, output }`; a crash, a file that cannot load and an unhandled error count as failures. */
export async function runVitest(project, { stream = false, args = [] } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'keygate-tests-'));
  const file = join(folder, 'results.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  try {
    const { code, output } = await node([bin.vitest, 'run', '--project', project, ...reporters, ...args], {
      stream,
      minutes: 60,
    });
    const { passed, failed } = countsIn(file);
    return { passed, failed: failed === 0 && code !== 0 ? 1 : failed, output };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function countsIn(file) {
  let report;
  try {
    report = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { passed: 0, failed: 1 };
  }
  // A file that failed before or after its tests has no failed test of its own.
  const broken = report.testResults.filter(
    (result) => result.status === 'failed' && result.assertionResults.every((test) => test.status !== 'failed'),
  );
  return { passed: report.numPassedTests, failed: report.numFailedTests + broken.length };
}
