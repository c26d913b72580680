import { expect, it } from 'vitest';
import { RetryBudget } from './retry-budget.js';

it('a backend that fails every call gets a fifth more calls and a few, not twice as many', () => {
  const budget = new RetryBudget();
  let retries = 0;
  for (let call = 0; call < 1_000; call++) {
    budget.earn();
    if (budget.spend()) retries++;
  }
  expect(retries).toBeGreaterThanOrEqual(200);
  expect(retries).toBeLessThanOrEqual(211);
});

it('a quiet time saves up no more than the few', () => {
  const budget = new RetryBudget();
  for (let call = 0; call < 1_000; call++) budget.earn();
  let retries = 0;
  while (budget.spend()) retries++;
  expect(retries).toBe(10);
});
