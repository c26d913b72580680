import { describe, expect, it } from 'vitest';
import { Questions } from './questions.js';

describe('questions over a channel', () => {
  it('are answered by number, whatever the order', async () => {
    const questions = new Questions();
    const ids: number[] = [];
    const asked = [1, 2].map(() => questions.ask((id) => ids.push(id), 60_000));
    for (const id of [...ids].reverse()) questions.answered(id, `answer ${id}`);
    expect(await Promise.all(asked)).toEqual(ids.map((id) => `answer ${id}`));
  });

  it('have no answer when the other end is silent or gone', async () => {
    const questions = new Questions();
    expect(await questions.ask(() => undefined, 1)).toBeUndefined();
    const open = questions.ask(() => undefined, 60_000);
    questions.giveUp();
    expect(await open).toBeUndefined();
  });
});
