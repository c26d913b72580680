import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder, waitUntil } from '@keygate/common/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bufferedOutput } from './buffered-output.js';

const info = (n: number) => `{"level":"info","n":${n}}\n`;

describe('buffered output', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let file: string;
  let descriptor: number;
  beforeEach(() => {
    folder = temporaryFolder();
    file = join(folder.path, 'log');
    descriptor = openSync(file, 'a');
  });
  afterEach(() => {
    closeSync(descriptor);
    folder.remove();
  });
  const written = () => readFileSync(file, 'utf8');

  it('gathers lines and writes them soon', async () => {
    const output = bufferedOutput(descriptor);
    output.write(info(1));
    output.write(info(2));
    expect(written()).toBe('');
    await waitUntil(() => written() === info(1) + info(2));
  });

  it('writes a warning at once, after what led to it', () => {
    const output = bufferedOutput(descriptor);
    output.write(info(1));
    output.write('{"level":"warn"}\n');
    expect(written()).toBe(`${info(1)}{"level":"warn"}\n`);
  });

  it('does not let much pile up, and writes the rest when told to', () => {
    const output = bufferedOutput(descriptor);
    for (let n = 0; n < 1_000; n++) output.write(info(n));
    expect(written().length).toBeGreaterThan(0);
    output.flushSync();
    expect(written().trim().split('\n')).toHaveLength(1_000);
  });

  it('goes on when nobody can read', () => {
    const output = bufferedOutput(9_999);
    output.write(info(1));
    expect(() => output.flushSync()).not.toThrow();
  });
});
