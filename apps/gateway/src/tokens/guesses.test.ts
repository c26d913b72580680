import { expect, it } from 'vitest';
import { Guesses } from './guesses.js';

const guess = (guesses: Guesses, address: string, count: number, now = 1) => {
  let asked = 0;
  for (let i = 0; i < count; i++) {
    if (!guesses.mayAsk(address, now)) continue;
    asked += 1;
    guesses.wrong(address);
  }
  return asked;
};

it('costs the key manager a small part of a flood, whatever its pace', () => {
  const guesses = new Guesses(100);
  let asked = 0;
  for (let window = 0; window < 10; window++) asked += guess(guesses, '192.0.2.1', 1_000, 1 + window * 10_001);
  expect(asked).toBeLessThan(1_000);
});

it('leaves everybody else alone, and forgives with time', () => {
  const guesses = new Guesses(3);
  expect(guess(guesses, '192.0.2.1', 10)).toBe(3);
  expect(guess(guesses, '192.0.2.2', 3)).toBe(3);
  expect(guess(guesses, '192.0.2.1', 3, 10_002)).toBe(0);
  expect(guess(guesses, '192.0.2.1', 2, 40_003)).toBe(2);
});

it('takes a network of IPv6 for one caller', () => {
  const guesses = new Guesses(1);
  expect(guess(guesses, '2001:db8:1:2::1', 1)).toBe(1);
  expect(guesses.mayAsk('2001:db8:1:2::ffff', 1)).toBe(false);
  expect(guesses.mayAsk('2001:db8:1:3::1', 1)).toBe(true);
  expect(guess(guesses, '2001:db8::a:1:2:3', 1)).toBe(1);
  expect(guesses.mayAsk('2001:db8::b:1:2:3', 1)).toBe(false);
});

it('can be turned off', () => {
  expect(guess(new Guesses(0), '192.0.2.1', 1_000)).toBe(1_000);
});

it('is bounded by addresses', () => {
  const guesses = new Guesses(1);
  for (let i = 0; i < 50_000; i++) guess(guesses, `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, 1);
  expect(guess(guesses, '192.0.2.1', 1)).toBe(1);
  expect(guesses.mayAsk('192.0.2.2', 1)).toBe(false);
});
