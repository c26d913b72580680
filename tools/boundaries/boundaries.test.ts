import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Violation {
  readonly from: string;
  readonly to: string;
  readonly rule: { readonly name: string };
}

async function violationsIn(folder: string): Promise<Violation[]> {
  const program = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const args = [program, '--config', '.dependency-cruiser.cjs', '--output-type', 'json', folder];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root, maxBuffer: 64 * 1_024 * 1_024 });
  const { summary } = JSON.parse(stdout) as { summary: { violations: Violation[] } };
  return summary.violations;
}

/** Sources under a folder, without tests, as `path from the root → content`. */
function sourcesIn(folder: string): [string, string][] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !/\/(test|dist|node_modules)\//.test(path))
    .map((path) => [relative(root, path), readFileSync(path, 'utf8')]);
}

describe('boundaries', () => {
  let violations: Violation[];
  beforeAll(async () => {
    violations = await violationsIn('tools/boundaries/canary');
  });

  it('reports the canary for every rule, so that a rule that stopped working is noticed', () => {
    const found = new Set(
      violations.map(({ rule, from }) => `${rule.name}: ${relative('tools/boundaries/canary', from)}`),
    );
    expect([...found].sort()).toEqual([
      'apps-are-separate-processes: apps/gateway/src/pipeline/canary.stage.ts',
      'core-knows-no-adapter: apps/key-manager/src/oauth2/canary.grant.ts',
      'e2e-is-black-box: e2e/canary.e2e.ts',
      'gateway-has-no-database: apps/gateway/src/pipeline/canary.stage.ts',
      'libraries-know-no-app: libs/common/src/canary.ts',
      'nest-at-the-edges: apps/gateway/src/pipeline/canary.stage.ts',
      'no-cycles: libs/common/src/canary-cycle.ts',
      'pure-core: apps/gateway/src/pipeline/canary.stage.ts',
      'pure-core: apps/key-manager/src/oauth2/canary.grant.ts',
    ]);
  });

  it('catches every forbidden import of the canary, not only one per file', () => {
    const targets = violations.filter(({ rule }) => rule.name === 'pure-core').map(({ to }) => to);
    expect(targets.join('\n')).toMatch(/@nestjs\/common/);
    expect(targets.join('\n')).toMatch(/typeorm/);
    expect(targets.join('\n')).toMatch(/proto/);
    expect(targets.join('\n')).toMatch(/rxjs/);
  });
});

describe('words that belong to one place', () => {
  it('the gateway does not know grant_type: token requests pass through it unread', () => {
    // There the gateway is a client itself, of the server that guards a backend.
    const asClient = 'apps/gateway/src/proxy/credentials/oauth.ts';
    const files = sourcesIn('apps/gateway/src').filter(([, text]) => text.includes('grant_type'));
    expect(files.map(([path]) => path)).toEqual([asClient]);
  });

  it('the environment is read in config folders and by the command line entry only', () => {
    const allowed = /\/src\/config\/|^apps\/cli\/src\/main\.ts$|^libs\/common\/src\/testing\//;
    const files = [...sourcesIn('apps'), ...sourcesIn('libs')].filter(
      ([path, text]) => text.includes('process.env') && !allowed.test(path),
    );
    expect(files.map(([path]) => path)).toEqual([]);
  });
});
