import { describe, expect, it } from 'vitest';
import { gatewaySchema } from '../config/gateway.config.js';
import { workerCount } from './worker-count.js';

describe('gateway.workers', () => {
  it('is one unless something else is said', () => {
    expect(workerCount(gatewaySchema.parse({}).gateway.workers)).toBe(1);
  });

  it('takes a number, or one for each core', () => {
    expect(workerCount(3, 8)).toBe(3);
    expect(workerCount('auto', 8)).toBe(8);
    expect(() => gatewaySchema.parse({ gateway: { workers: 0 } })).toThrow();
    expect(() => gatewaySchema.parse({ gateway: { workers: 'all' } })).toThrow();
  });
});
