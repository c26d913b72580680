// `npm run check`: everything that needs no running cluster. Prints a table of steps; the output of those that failed comes first.
import { fileURLToPath } from 'node:url';
import { staleFiles } from './generate.mjs';
import { prepare } from './prepare.mjs';
import { bin, node, root, seconds } from './steps.mjs';
import { runVitest } from './vitest-run.mjs';

const commandStep = (args) => async () => {
  const { code, output } = await node(args);
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, output };
};

const checkGenerated = async () => {
  const stale = await staleFiles();
  const output = stale.map((file) => `${file} is not what the sources give; run: npm run generate`).join('\n');
  return { passed: stale.length === 0 ? 1 : 0, failed: stale.length, output };
};

// Two lanes for two cores: the compilers and linters in one, the tests in the other.
const lanes = [
  [
    ['format and lint (Biome)', commandStep([bin.biome, 'ci', '--max-diagnostics=50', '.'])],
    [
      'boundaries (dependency-cruiser)',
      commandStep([bin.depcruise, '--config', '.dependency-cruiser.cjs', 'apps', 'libs', 'e2e']),
    ],
    ['types (tsc -p tsconfig.check.json)', commandStep([bin.tsc, '-p', 'tsconfig.check.json'])],
    ['generated files', checkGenerated],
  ],
  [['tests (Vitest, project check)', () => runVitest('check')]],
];

/** Runs all steps; answers how many passed and failed in all. */
export async function check() {
  const began = performance.now();
  const results = [];
  if (!(await prepare())) return { passed: 0, failed: 1 };
  results.push({ title: 'build (tsc -b)', passed: 1, failed: 0, millis: performance.now() - began });
  console.log('Checking …');
  await Promise.all(lanes.map((lane) => runLane(lane, results)));
  print(results, performance.now() - began);
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  return { passed: sum('passed'), failed: sum('failed') };
}

async function runLane(lane, results) {
  for (const [title, work] of lane) {
    const began = performance.now();
    const result = await work();
    const millis = performance.now() - began;
    results.push({ title, millis, ...result });
    if (result.failed > 0) console.error(`\n--- ${title} ---\n${result.output.replaceAll(root, '')}`);
  }
}

function print(results, millis) {
  const width = Math.max(...results.map(({ title }) => title.length));
  console.log();
  for (const { title, passed, failed, millis: took } of results) {
    const state = failed > 0 ? `FAILED (${failed})` : 'ok';
    const count = passed > 1 ? `${passed} passed` : '';
    console.log(`${title.padEnd(width)}  ${state.padEnd(11)}  ${seconds(took).padStart(7)}  ${count}`.trimEnd());
  }
  console.log(`${'in all'.padEnd(width)}  ${''.padEnd(11)}  ${seconds(millis).padStart(7)}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { passed, failed } = await check();
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}
