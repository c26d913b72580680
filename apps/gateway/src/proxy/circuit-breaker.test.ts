import { beforeEach, describe, expect, it } from 'vitest';
import { CircuitBreaker } from './circuit-breaker.js';

const settings = { failuresToOpen: 3, openMillis: 100, openFactor: 2, maxOpenMillis: 300 };
let states: string[];
let breaker: CircuitBreaker;

beforeEach(() => {
  states = [];
  breaker = new CircuitBreaker(settings, (_, state) => states.push(state));
});

function fail(times: number, now = 0): void {
  for (let i = 0; i < times; i++) breaker.failed(now);
}

/** One call at `now` that is not answered. */
function failTrial(now: number): void {
  expect(breaker.admits(now)).toBe(true);
  breaker.called();
  breaker.failed(now);
}

describe('a circuit breaker', () => {
  it('opens after failures in a row only', () => {
    fail(2);
    breaker.succeeded();
    fail(2);
    expect([breaker.isClosed, breaker.admits(0)]).toEqual([true, true]);
    fail(1);
    expect([breaker.isClosed, breaker.admits(99), breaker.admits(100)]).toEqual([false, false, true]);
  });

  it('lets one trial through when its time is over, and closes with its answer', () => {
    fail(3);
    breaker.called();
    expect(breaker.admits(1_000)).toBe(false);
    breaker.succeeded();
    expect(breaker.admits(0)).toBe(true);
    expect(states).toEqual(['open', 'halfOpen', 'closed']);
  });

  it('opens for longer with each trial that fails, up to the most', () => {
    fail(3);
    failTrial(100);
    expect(breaker.openUntil).toBe(300);
    failTrial(300);
    expect(breaker.openUntil).toBe(600);
    failTrial(600);
    expect(breaker.openUntil).toBe(900);
  });

  it('starts with the shortest time again after it was closed', () => {
    fail(3);
    failTrial(100);
    breaker.called();
    breaker.succeeded();
    fail(3, 1_000);
    expect(breaker.openUntil).toBe(1_100);
  });

  it('gives the trial to the next call when the client of the first left', () => {
    fail(3);
    breaker.called();
    breaker.undecided();
    expect(breaker.admits(100)).toBe(true);
  });

  it('is not moved by calls that were under way when it opened', () => {
    fail(3);
    fail(5, 50);
    expect(breaker.openUntil).toBe(100);
    breaker.undecided();
    expect(breaker.isClosed).toBe(false);
  });
});
