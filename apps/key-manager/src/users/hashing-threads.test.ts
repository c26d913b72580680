import { describe, expect, it } from 'vitest';
import { HashingThreads } from './hashing-threads.js';

const cheap = { algorithm: 2, memoryCost: 64, timeCost: 1, parallelism: 1, outputLen: 32 } as const;

describe('hashing threads', () => {
  it('hash and verify', async () => {
    const threads = new HashingThreads(2);
    const stored = await threads.hash('correct horse', cheap);
    expect(stored).toMatch(/^\$argon2id\$/);
    await expect(threads.verify(stored, 'correct horse')).resolves.toBe(true);
    await expect(threads.verify(stored, 'battery staple')).resolves.toBe(false);
  });

  it('give each caller its own answer when there are more than threads', async () => {
    const threads = new HashingThreads(2);
    const passwords = Array.from({ length: 20 }, (_, n) => `password ${n}`);
    const stored = await Promise.all(passwords.map((password) => threads.hash(password, cheap)));
    const right = await Promise.all(passwords.map((password, n) => threads.verify(stored[n] as string, password)));
    expect(right).toEqual(passwords.map(() => true));
  });

  it('go on after a job that failed', async () => {
    const threads = new HashingThreads(1);
    await expect(threads.verify('no hash', 'x')).rejects.toThrow();
    await expect(threads.hash('x', cheap)).resolves.toMatch(/^\$argon2id\$/);
  });

  it('leave the event loop free while they work', async () => {
    const threads = new HashingThreads(1);
    const order: string[] = [];
    const hashed = threads.hash('x', { ...cheap, memoryCost: 19_456, timeCost: 2 }).then(() => order.push('hash'));
    await new Promise((resolve) => setImmediate(resolve));
    order.push('loop');
    await hashed;
    expect(order).toEqual(['loop', 'hash']);
  });
});
