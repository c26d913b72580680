import { describe, expect, it } from 'vitest';
import { BoundedQueue, QueueFull } from './bounded-queue.js';

/** A job that ends when told to. */
function job<T>(value: T) {
  let finish: () => void = () => {};
  let fail: (error: Error) => void = () => {};
  const done = new Promise<T>((resolve, reject) => {
    finish = () => resolve(value);
    fail = reject;
  });
  return { run: () => done, finish, fail };
}

describe('a bounded queue', () => {
  it('runs as many jobs at once as it may, the others in order', async () => {
    const queue = new BoundedQueue(2, 10);
    const started: number[] = [];
    const jobs = [0, 1, 2, 3].map((n) => job(n));
    const results = jobs.map(({ run }, n) =>
      queue.run(() => {
        started.push(n);
        return run();
      }),
    );
    expect([queue.running, queue.waiting, started]).toEqual([2, 2, [0, 1]]);
    jobs[1]?.finish();
    await results[1];
    await Promise.resolve();
    expect(started).toEqual([0, 1, 2]);
    for (const { finish } of jobs) finish();
    expect(await Promise.all(results)).toEqual([0, 1, 2, 3]);
    expect([queue.running, queue.waiting]).toEqual([0, 0]);
  });

  it('refuses one more than may wait, at once', async () => {
    const queue = new BoundedQueue(1, 1);
    const [running, waiting] = [job(1), job(2)];
    const results = [queue.run(running.run), queue.run(waiting.run)];
    await expect(queue.run(async () => 3)).rejects.toThrow(QueueFull);
    running.finish();
    waiting.finish();
    expect(await Promise.all(results)).toEqual([1, 2]);
    expect(await queue.run(async () => 4)).toBe(4);
  });

  it('goes on after a job that fails', async () => {
    const queue = new BoundedQueue(1, 5);
    const failing = job(0);
    const results = [queue.run(failing.run), queue.run(async () => 'next')];
    failing.fail(new Error('broken'));
    await expect(results[0]).rejects.toThrow('broken');
    expect(await results[1]).toBe('next');
    expect(queue.running).toBe(0);
  });

  it('does not run a job whose caller is gone when its turn comes', async () => {
    let isGone = false;
    const queue = new BoundedQueue(1, 5, () => isGone);
    const running = job(1);
    let ran = false;
    const first = queue.run(running.run);
    const second = queue.run(async () => {
      ran = true;
    });
    isGone = true;
    running.finish();
    await first;
    await expect(second).rejects.toThrow(QueueFull);
    expect([ran, queue.running]).toEqual([false, 0]);
  });
});
