import { describe, expect, it } from 'vitest';
import { mergedReadiness } from './merged-readiness.js';

const well = { catalogue: 'ok', keyManager: 'ok' };
const degraded = { catalogue: 'ok', keyManager: 'degraded: not connected' };
const unready = { catalogue: 'none yet', keyManager: 'degraded: not connected' };

describe('what /readyz says of several workers', () => {
  it.each([
    ['all well', [well, well], { ...well, workers: 'ok' }],
    ['one degraded', [well, degraded], { ...well, keyManager: 'degraded: worker 2: not connected', workers: 'ok' }],
    [
      'the worst of each counts',
      [degraded, unready, well],
      { catalogue: 'worker 2: none yet', keyManager: 'degraded: worker 1: not connected', workers: 'ok' },
    ],
    ['one gone', [well, undefined], { ...well, workers: 'not running: 2' }],
    ['all gone', [undefined, undefined], { workers: 'not running: 1, 2' }],
  ])('%s', (_, reports, expected) => {
    const numbered = reports.map((report, index) => [index + 1, report] as const);
    expect(mergedReadiness(new Map(numbered))).toEqual(expected);
  });
});
