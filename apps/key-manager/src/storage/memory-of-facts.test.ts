import { describe, expect, it } from 'vitest';
import { announcing, FactChanges } from './fact-changes.js';
import { MemoryOfFacts } from './memory-of-facts.js';

const hearing = () => {
  const changes = new FactChanges();
  changes.hear(true);
  return changes;
};
const of =
  <T>(value: T) =>
  async () =>
    value;

describe('a memory of facts', () => {
  it('recalls what was read, until the facts change', async () => {
    const changes = hearing();
    const memory = new MemoryOfFacts<string>('clients', changes);
    expect(memory.recall('a')).toBeUndefined();
    await memory.read('a', of('A'));
    expect(memory.recall('a')).toBe('A');
    changes.changed('users');
    expect(memory.recall('a')).toBe('A');
    changes.changed('clients');
    expect(memory.recall('a')).toBeUndefined();
  });

  it('forgets by itself after its time, counted from before the read', async () => {
    let now = 0;
    const memory = new MemoryOfFacts<string>('users', hearing(), { keptMillis: 1_000, now: () => now });
    await memory.read('a', async () => {
      now = 400;
      return 'A';
    });
    now = 999;
    expect(memory.recall('a')).toBe('A');
    now = 1_000;
    expect(memory.recall('a')).toBeUndefined();
  });

  it('does not keep what was read before a change and comes back after it', async () => {
    const changes = hearing();
    const memory = new MemoryOfFacts<string>('clients', changes);
    const read = await memory.read('a', async () => {
      changes.changed('clients');
      return 'as it was';
    });
    expect(read).toBe('as it was');
    expect(memory.recall('a')).toBeUndefined();
  });

  it('keeps nothing while notifications cannot be heard, and forgets all when they are lost or back', async () => {
    const changes = hearing();
    const memory = new MemoryOfFacts<string>('clients', changes);
    await memory.read('a', of('A'));
    changes.hear(false);
    expect(memory.recall('a')).toBeUndefined();
    await memory.read('a', of('A'));
    expect(memory.recall('a')).toBeUndefined();
    changes.hear(true);
    await memory.read('a', of('A'));
    expect(memory.recall('a')).toBe('A');
  });

  it('stays within its bounds, and remembers nobody who is not there', async () => {
    const memory = new MemoryOfFacts<string>('clients', hearing(), { maxEntries: 2 });
    await memory.read('nobody', of(undefined));
    for (const key of ['a', 'b', 'c']) await memory.read(key, of(key));
    expect(['nobody', 'a', 'b', 'c'].map((key) => memory.recall(key))).toEqual([undefined, undefined, 'b', 'c']);
  });

  it('forgets what a fresh read does not find any more', async () => {
    const memory = new MemoryOfFacts<string>('clients', hearing());
    await memory.read('a', of('A'));
    await memory.read('a', of(undefined));
    expect(memory.recall('a')).toBeUndefined();
  });
});

describe('changes of facts', () => {
  it('are told by the payload of a notification, and by no other', () => {
    const changes = new FactChanges();
    const heard: string[] = [];
    changes.onChange((facts) => heard.push(facts));
    for (const payload of ['facts clients', 'facts scopes', 'catalog 7', 'facts', 'facts __proto__', '']) {
      changes.notified(payload);
    }
    expect(heard).toEqual(['clients', 'scopes']);
  });

  it('are announced after every verb that is no read, before its caller goes on, also when it fails', async () => {
    class Store {
      #value = 1;
      async findValue() {
        return this.#value;
      }
      async setValue(value: number) {
        this.#value = value;
      }
      async fail() {
        throw new Error('lost connection');
      }
    }
    let told = 0;
    const store = announcing(new Store(), () => {
      told += 1;
    });
    expect(await store.findValue()).toBe(1);
    expect(told).toBe(0);
    await store.setValue(2);
    expect(told).toBe(1);
    await expect(store.fail()).rejects.toThrow('lost connection');
    expect(told).toBe(2);
    expect(await store.findValue()).toBe(2);
  });
});
