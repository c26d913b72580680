import { describe, expect, it } from 'vitest';
import { pipeline } from '../../apps/gateway/src/pipeline/pipeline.js';
import { files, read } from './repository.js';

const page = read('docs/request-lifecycle.md');

/** Building the stages calls no port, so ports that are not there will do. */
const nothing = {} as Parameters<typeof pipeline>[0];
const stages = pipeline(nothing, {} as Parameters<typeof pipeline>[1]).map((stage) => stage.name);

describe('docs/request-lifecycle.md', () => {
  it('has the stages in the order of the code', () => {
    const inTree = [...page.matchAll(/[├└]─ (\w+) +pipeline\/stages\//g)].map((match) => match[1]);
    expect(inTree).toEqual(stages);
  });

  it('names only files and folders that exist', () => {
    const tracked = files('apps');
    const trees = page.split(/^```$/m).filter((_, index) => index % 2 === 1);
    const bases = [...page.matchAll(/in `(apps\/[\w-]+\/src)`:/g)].map((match) => match[1]);
    expect(bases).toEqual(['apps/gateway/src', 'apps/gateway/src', 'apps/key-manager/src']);
    bases.forEach((base, index) => {
      for (const [path] of (trees[index] ?? '').matchAll(/(?<![\w.-])[a-z][\w-]*\/(?:[\w.-]+\/)*(?:[\w.-]+\.ts)?/g)) {
        const wanted = `${base}/${path}`;
        expect(
          tracked.some((file) => file === wanted || (path.endsWith('/') && file.startsWith(wanted))),
          wanted,
        ).toBe(true);
      }
    });
  });

  it('is the order README shows', () => {
    const picture = read('README.md').match(/route(?:[^`]*?)proxy/)?.[0] ?? '';
    const named = [...picture.matchAll(/[a-z]+/g)].map(([word]) => word).filter((word) => stages.includes(word));
    expect(named).toEqual(stages);
  });
});
