import { run } from './processes.js';

export interface CurlAnswer {
  readonly status: number;
  readonly body: string;
}

/** Runs the real `curl` with exactly these arguments, and reads the status beside the body. */
export async function curl(args: readonly string[]): Promise<CurlAnswer> {
  const finished = await run('curl', ['--silent', '--show-error', '--write-out', '\n%{http_code}', ...args], {
    name: 'curl',
    watch: false,
  });
  if (finished.code !== 0) {
    throw new Error(`curl ended with ${finished.code}: ${finished.output}`);
  }
  return split(finished.output);
}

/** Runs a command line as a user would paste it into a shell. */
export async function paste(commandLine: string): Promise<string> {
  const finished = await run('bash', ['-c', commandLine], { name: 'a pasted command', watch: false });
  if (finished.code !== 0) {
    throw new Error(`the pasted command ended with ${finished.code}: ${finished.output}`);
  }
  return finished.output;
}

function split(output: string): CurlAnswer {
  const at = output.lastIndexOf('\n');
  return { status: Number(output.slice(at + 1)), body: output.slice(0, at) };
}
