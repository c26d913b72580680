import { expect, it } from 'vitest';
import { allOutput, leakedSecrets } from './secrets.js';

/** Call it last in a file: searches everything the file's processes printed for every secret the file knows. */
export function noSecretIsPrinted(): void {
  it('printed none of the secrets above in any log of any process', () => {
    expect(allOutput().length).toBeGreaterThan(0);
    expect(leakedSecrets()).toEqual([]);
  });
}
