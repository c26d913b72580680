import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { missingEntries } from './complete-lockfile.mjs';

interface Entry {
  readonly resolved?: string;
  readonly link?: boolean;
}

const text = readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8');
const { packages } = JSON.parse(text) as { packages: Record<string, Entry> };

describe('package-lock.json', () => {
  it('names no registry, so that any mirror serves an install', () => {
    const resolved = Object.values(packages).filter(({ link }) => !link);
    expect(resolved.flatMap((entry) => entry.resolved ?? [])).toEqual([]);
  });

  it('lists the packages of every platform, because npm ci refuses it otherwise', () => {
    expect(missingEntries(packages)).toEqual({});
  });
});
