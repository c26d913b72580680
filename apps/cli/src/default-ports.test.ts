import { isListeningPort, settingsOf } from '@keygate/common/config';
import { describe, expect, it } from 'vitest';
import { roles } from './configuration.js';

const defaults = Object.values(roles)
  .flatMap((schema) => settingsOf(schema))
  .filter(isListeningPort)
  .map((leaf) => leaf.defaultValue as number);

describe('default ports', () => {
  it('are those users know', () => {
    expect(defaults).toEqual([8243, 8280, 8099, 9099, 9643, 9443, 9763, 10_397, 9844]);
  });

  it('of two clusters with offsets up to 36 apart never meet', () => {
    for (let apart = 1; apart <= 36; apart++) {
      const shifted = new Set(defaults.map((port) => port + apart));
      expect({ apart, met: defaults.filter((port) => shifted.has(port)) }).toEqual({ apart, met: [] });
    }
  });
});
