import { createLogger } from '@keygate/common/logging';
import { waitUntil } from '@keygate/common/testing';
import { describe, expect, it } from 'vitest';
import { Sweeper } from './janitor.js';

const logger = createLogger({ name: 'test', level: 'silent', format: 'json' });
const settings = { batchRows: 10, restMillis: 5, roundMillis: 1_000 };

describe('the sweeper', () => {
  it('deletes batch by batch until nothing is left, and comes back', async () => {
    let left = 35;
    let swept = 0;
    const sweepExpired = async (limit: number) => {
      const rows = Math.min(limit, left);
      left -= rows;
      return rows;
    };
    const count = (rows: number) => {
      swept += rows;
    };
    const sweeper = new Sweeper({ sweepExpired }, count, logger, settings);
    sweeper.start();
    await waitUntil(() => swept === 35, { timeoutMillis: 5_000 });
    left = 3;
    await waitUntil(() => swept === 38, { timeoutMillis: 5_000 });
    await sweeper.stop();
  });

  it('tries again after a round that failed', async () => {
    let rounds = 0;
    const sweepExpired = async () => {
      rounds += 1;
      if (rounds === 1) throw new Error('away');
      return 0;
    };
    const sweeper = new Sweeper({ sweepExpired }, () => undefined, logger, settings);
    sweeper.start();
    await waitUntil(() => rounds > 2, { timeoutMillis: 5_000 });
    await sweeper.stop();
    const after = rounds;
    await new Promise((resolve) => setTimeout(resolve, 3 * settings.restMillis));
    expect(rounds).toBe(after);
  });
});
