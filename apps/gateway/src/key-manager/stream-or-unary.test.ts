import { status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { HotPathError } from './hot-path-call.js';
import { streamOrUnary } from './stream-or-unary.js';
import { KeyManagerFault, KeyManagerUnavailable } from './unavailable.js';

async function run(byStream: () => Promise<string> | undefined, { isRead = true, deadlineMillis = 10_000 } = {}) {
  const alone: number[] = [];
  const ways = {
    deadlineMillis,
    isRead,
    byStream,
    alone: async (left: number) => {
      alone.push(left);
      return 'alone';
    },
  };
  const result = await streamOrUnary(ways).catch((error: unknown) => error);
  return { result, alone };
}
const broken = (code: status, mayHaveBegun: boolean) => () =>
  Promise.reject(new HotPathError(code, 'why', mayHaveBegun));

describe('a call by stream or alone', () => {
  it('goes by stream', async () => {
    expect(await run(async () => 'by stream')).toEqual({ result: 'by stream', alone: [] });
  });

  it('goes alone with the whole deadline when there is no stream', async () => {
    expect(await run(() => undefined)).toEqual({ result: 'alone', alone: [10_000] });
  });

  it('is repeated once, in the time that is left, when it is a read and its stream broke', async () => {
    const slow = async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return broken(status.UNAVAILABLE, true)();
    };
    const { result, alone } = await run(slow);
    expect(result).toBe('alone');
    expect(alone).toHaveLength(1);
    expect(alone[0]).toBeLessThan(10_000);
  });

  it('is never repeated when it may have changed something', async () => {
    const { result, alone } = await run(broken(status.UNAVAILABLE, true), { isRead: false });
    expect(result).toBeInstanceOf(KeyManagerUnavailable);
    expect(alone).toEqual([]);
  });

  it.each([
    ['was never sent', status.UNAVAILABLE],
    ['is unknown to an older key manager', status.UNIMPLEMENTED],
  ])('goes alone whatever it does when it %s', async (_what, code) => {
    expect((await run(broken(code, false), { isRead: false })).result).toBe('alone');
  });

  it.each([
    [status.DEADLINE_EXCEEDED, true, KeyManagerUnavailable],
    [status.RESOURCE_EXHAUSTED, false, KeyManagerUnavailable],
    [status.INTERNAL, true, KeyManagerFault],
  ])('is not repeated after %s', async (code, mayHaveBegun, Kind) => {
    const { result, alone } = await run(broken(code, mayHaveBegun));
    expect(result).toBeInstanceOf(Kind);
    expect(alone).toEqual([]);
  });
});
