import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { type Readable, Writable } from 'node:stream';

const longest = 1_024;

/** A password from a file, from a pipe, or asked for without echo; `twice` asks again to catch typing mistakes. */
export async function readPassword(options: {
  readonly file?: string | undefined;
  readonly twice: boolean;
}): Promise<string> {
  if (options.file !== undefined) return checked(readFileSync(options.file, 'utf8'), options.file);
  if (process.stdin.isTTY !== true) return checked(await textOf(process.stdin), 'standard input');
  const password = checked(await ask('Password: '), 'the prompt');
  if (options.twice && (await ask('Again: ')) !== password) throw new Error('the passwords differ');
  return password;
}

/** The first line, so that the newline an editor adds is no part of it. */
function checked(text: string, from: string): string {
  const password = text.split(/\r?\n/)[0] ?? '';
  if (password === '') throw new Error(`no password in ${from}`);
  if (password.length > longest) throw new Error(`the password in ${from} is longer than ${longest} characters`);
  return password;
}

async function textOf(stream: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) {
    text += chunk;
    if (text.length > longest * 4) break;
  }
  return text;
}

async function ask(question: string): Promise<string> {
  process.stderr.write(question);
  // Terminal mode edits the line; what would be echoed goes nowhere.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const prompt = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  prompt.once('SIGINT', () => process.exit(130));
  try {
    return await prompt.question('');
  } finally {
    prompt.close();
    process.stderr.write('\n');
  }
}
