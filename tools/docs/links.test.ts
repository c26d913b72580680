import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { files, read, root } from './repository.js';

const pages = files('*.md');
const tracked = files();

/** GitHub's anchors: lower case, no punctuation, dashes for spaces. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Number}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-');

const withoutCode = (text: string) => text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '');

describe.each(pages)('%s', (page) => {
  const text = read(page);

  it('has links that lead somewhere', () => {
    for (const [, target = ''] of withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) {
        continue;
      }
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? page : normalize(join(dirname(page), path));
      expect(existsSync(join(root, file)), target).toBe(true);
      if (anchor !== undefined) {
        const headings = [...read(file).matchAll(/^#+ (.+)$/gm)].map((match) => anchorOf(match[1] ?? ''));
        expect(headings, target).toContain(anchor);
      }
    }
  });

  it('names only files that exist', () => {
    const named = [...text.matchAll(/`((?:apps|libs|proto|tools|e2e|docs|deploy|\.ci)\/[\w./*-]*)`/g)].map(
      (match) => match[1] ?? '',
    );
    for (const path of named.filter((one) => !/\/x\./.test(one))) {
      const pattern = new RegExp(`^${path.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}(/|$)`);
      const isThere = tracked.some((file) => pattern.test(file) || file.startsWith(path));
      expect(isThere, path).toBe(true);
    }
  });

  it('uses settings and scripts that exist', () => {
    const variables = read('.env.example');
    for (const [name] of text
      .replaceAll('GATEWAY_X', '')
      .matchAll(/\b(?:GATEWAY|KEY_MANAGER|KEYGATE|DATABASE|REDIS)_[A-Z_]*[A-Z]\b/g)) {
      // KEYGATE_PUBLIC_HOST and REDIS_PASSWORD are variables of docker-compose.yml itself.
      expect(`${variables}${read('docker-compose.yml')}`, name).toContain(name);
    }
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    for (const [, script = ''] of text.matchAll(/\bnpm run ([\w:-]+)/g)) {
      expect(scripts, script).toHaveProperty(script);
    }
  });
});

describe('README.md', () => {
  const readme = read('README.md');
  const table = readme.split(/^## /m).find((section) => section.startsWith('Where is')) ?? '';

  it('says where everything is', () => {
    const rows = table.split('\n').filter((line) => /^\| (?!What|---)/.test(line));
    expect(rows.length).toBeGreaterThan(10);
    for (const line of rows) {
      const paths = [...line.matchAll(/\]\(([^)]+)\)/g)].map((match) => match[1] ?? '');
      expect(paths.length, line).toBeGreaterThan(0);
      for (const path of paths) {
        expect(existsSync(join(root, path)), path).toBe(true);
      }
    }
    expect(table).toContain('the password grant');
  });

  it('has the default ports of the schemas', () => {
    const schemas =
      read('apps/gateway/src/config/gateway.config.ts') + read('apps/key-manager/src/config/key-manager.config.ts');
    const defaults = [...schemas.matchAll(/port\(\)\.default\(([\d_]+)\)/g)].map((match) => match[1]?.replace('_', ''));
    const ports = readme.split(/^## /m).find((section) => section.startsWith('Ports')) ?? '';
    const listed = [...ports.matchAll(/^\| (\d+) \|/gm)].map((match) => match[1]);
    expect(listed.sort()).toEqual(defaults.sort());
  });
});

describe('the repository', () => {
  it('has the first decision pages in its index', () => {
    const index = read('docs/adr/0000-index.md');
    for (const page of files('docs/adr/*.md').filter((one) => !one.endsWith('0000-index.md'))) {
      expect(index).toContain(`(${page.slice('docs/adr/'.length)})`);
    }
  });
});
