import { expect, it } from 'vitest';
import { evenRefusal } from './even-refusal.js';

it('a refusal leaves no earlier than a fixed time after the request came, and at once when that is over', async () => {
  const began = performance.now();
  await Promise.all([evenRefusal(began), evenRefusal(began - 5), evenRefusal(began)]);
  expect(performance.now() - began).toBeGreaterThanOrEqual(10);
  let isTurnOver = false;
  setImmediate(() => {
    isTurnOver = true;
  });
  await evenRefusal(began);
  expect(isTurnOver).toBe(false);
});
