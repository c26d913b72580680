import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { files, read } from './repository.js';

const page = 'docs/standards.md';
const tracked = new Set(files());
const rows = read(page)
  .split('\n')
  .filter((line) => /^\| (?!§|---)/.test(line))
  .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()))
  .map(([, section = '', requirement = '', where = '', test = '']) => ({ section, requirement, where, test }));

/** Source text as a reader sees it: a quote in a title may be escaped. */
const asRead = (text: string) => text.replaceAll("\\'", "'").replaceAll('\\\\', '\\');

describe(page, () => {
  it('has the requirements of every specification it names', () => {
    expect(rows.length).toBeGreaterThan(150);
  });

  it.each(rows)('$section $requirement', ({ section, requirement, where, test }) => {
    expect(section).toMatch(/^[\dA-Z]/);
    expect(requirement).not.toBe('');
    // What is not done says why, in place of a test.
    if (test.startsWith('—')) return expect(test.length).toBeGreaterThan(10);
    expect(where).not.toBe('');
    const links = [...test.matchAll(/\[([^\]]+)\]\(([^)]+)\)/g)];
    expect(links.length, 'a link to the test, with words of its title').toBeGreaterThan(0);
    for (const [, title = '', target = ''] of links) {
      const file = normalize(join(dirname(page), target));
      expect(tracked.has(file), `${file} is not there`).toBe(true);
      expect(asRead(read(file)), `${file} has no test called so`).toContain(
        title.replaceAll('`', '').replaceAll('\\|', '|'),
      );
    }
  });
});
