import { createLogger } from '@keygate/common/logging';
import { waitUntil } from '@keygate/common/testing';
import { describe, expect, it } from 'vitest';
import { Sweeper } from './janitor.js';

const logger = createLogger({ name: 'test', level: 'silent', format: 'json' });
const settings = { batchRows: 10, restMillis: 5, share: 0.5, hurriedShare: 1, hurryAfterMillis: 600_000 };
const unobserved = { swept: () => undefined, backlog: () => undefined };
const backlogMillis = async () => 0;

describe('the sweeper', () => {
  it('deletes batch by batch until nothing is left, and comes back', async () => {
    let left = 35;
    let swept = 0;
    const sweepExpired = async (limit: number) => {
      const rows = Math.min(limit, left);
      left -= rows;
      return rows;
    };
    const observed = {
      ...unobserved,
      swept: (rows: number) => {
        swept += rows;
      },
    };
    const sweeper = new Sweeper({ sweepExpired, backlogMillis }, observed, logger, settings);
    sweeper.start();
    await waitUntil(() => swept === 35, { timeoutMillis: 5_000 });
    left = 3;
    await waitUntil(() => swept === 38, { timeoutMillis: 5_000 });
    await sweeper.stop();
  });

  it('rests in proportion to what a batch took, and less when it is late', async () => {
    const batches = async (late: boolean) => {
      let count = 0;
      const sweepExpired = async () => {
        count += 1;
        await new Promise((resolve) => setTimeout(resolve, 5));
        return 1;
      };
      const janitor = { sweepExpired, backlogMillis: async () => (late ? 700_000 : 0) };
      const slow = { ...settings, restMillis: 60_000, share: 0.001 };
      const seen: number[] = [];
      const observed = { ...unobserved, backlog: (seconds: number) => void seen.push(seconds) };
      const sweeper = new Sweeper(janitor, observed, logger, slow);
      // The first rest is at random.
      const random = Math.random;
      Math.random = () => 0;
      sweeper.start();
      Math.random = random;
      await waitUntil(() => count >= (late ? 20 : 1), { timeoutMillis: 5_000 });
      await sweeper.stop();
      return { count, backlog: seen[0] };
    };
    expect(await batches(true)).toMatchObject({ backlog: 700 });
    expect(await batches(false)).toEqual({ count: 1, backlog: 0 });
  });

  it('tries again after a round that failed', async () => {
    let rounds = 0;
    const sweepExpired = async () => {
      rounds += 1;
      if (rounds === 1) throw new Error('away');
      return 0;
    };
    const sweeper = new Sweeper({ sweepExpired, backlogMillis }, unobserved, logger, settings);
    sweeper.start();
    await waitUntil(() => rounds > 2, { timeoutMillis: 5_000 });
    await sweeper.stop();
    const after = rounds;
    await new Promise((resolve) => setTimeout(resolve, 3 * settings.restMillis));
    expect(rounds).toBe(after);
  });
});
