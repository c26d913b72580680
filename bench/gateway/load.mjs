import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { start } from '../support/processes.mjs';

export const here = fileURLToPath(new URL('.', import.meta.url));

/** Whoever serves has the first core, the load generator the second. */
export const cores = { serving: 0, load: 1 };

/** Starts the load generator. One job at a time. */
export async function startGenerator(folder) {
  const child = start(join(here, 'generator.mjs'), [], {
    cwd: folder,
    log: join(folder, 'generator.log'),
    core: cores.load,
    execArgv: ['--max-semi-space-size=64'],
  });
  await child.message();
  return {
    async run(job) {
      child.send(job);
      const { result, problem } = await child.message(600_000);
      if (problem !== undefined) throw new Error(`${job.name ?? 'a request'}: ${problem}`);
      return result;
    },
    stop: () => child.stop(),
  };
}
