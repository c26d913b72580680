import { describe, expect, it } from 'vitest';
import { withoutJavaStyle } from './arguments.js';

describe('-DportOffset', () => {
  it('means --port-offset, as start scripts of WSO2 write it', () => {
    expect(withoutJavaStyle(['gateway', '-DportOffset=3', '--data-dir', 'x'])).toEqual([
      'gateway',
      '--port-offset',
      '3',
      '--data-dir',
      'x',
    ]);
  });

  it('leaves every other argument alone', () => {
    const args = ['-Dother=1', '--port-offset=2', '-d'];
    expect(withoutJavaStyle(args)).toEqual(args);
  });
});
