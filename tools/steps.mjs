// Running other programs with a line of progress per step.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The repository's root folder. */
export const root = fileURLToPath(new URL('..', import.meta.url));

const stillMillis = 10_000;

export const seconds = (millis) => `${(millis / 1000).toFixed(millis < 10_000 ? 1 : 0)} s`;

/** Runs a program; answers its exit code and, unless `stream` is set, what it printed. It is killed after `minutes`. */
export function run(command, args, { stream = false, env = process.env, cwd = root, minutes = 30 } = {}) {
  return new Promise((resolve) => {
    const stdio = stream ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'];
    const child = spawn(command, args, { cwd, env, stdio });
    let output = '';
    for (const out of [child.stdout, child.stderr]) out?.on('data', (chunk) => (output += chunk));
    // Ctrl-C reaches the child by itself; a signal sent to us alone is handed on.
    const stop = () => child.kill('SIGTERM');
    process.once('SIGTERM', stop);
    const timer = setTimeout(() => {
      console.error(`${args[0] ?? command}: not done after ${minutes} minutes, killed`);
      child.kill('SIGKILL');
    }, minutes * 60_000);
    child.once('error', (error) => resolve({ code: 1, output: `${command}: ${error.message}\n` }));
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      process.off('SIGTERM', stop);
      resolve({ code: code ?? 1, output: signal ? `${output}\n${command}: ended by ${signal}\n` : output });
    });
  });
}

/** One step of preparation: says what it does and how long it took; when it fails, prints its output and ends. */
export async function step(title, work) {
  const began = performance.now();
  console.log(`${title} …`);
  const timer = setInterval(() => console.log(`  still at it (${seconds(performance.now() - began)})`), stillMillis);
  const { code, output } = await work().finally(() => clearInterval(timer));
  if (code !== 0) {
    console.error(output);
    console.error(`${title}: failed`);
    return false;
  }
  console.log(`  done in ${seconds(performance.now() - began)}`);
  return true;
}

/** The JavaScript file behind a package's command, so that no shell and no npx is needed. */
export const bin = {
  tsc: `${root}node_modules/typescript/bin/tsc`,
  biome: `${root}node_modules/@biomejs/biome/bin/biome`,
  depcruise: `${root}node_modules/dependency-cruiser/bin/dependency-cruise.mjs`,
  vitest: `${root}node_modules/vitest/vitest.mjs`,
  buf: `${root}node_modules/.bin/buf`,
};

export const node = (args, options) => run(process.execPath, args, options);
