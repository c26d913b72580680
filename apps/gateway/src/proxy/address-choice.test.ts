import { describe, expect, it } from 'vitest';
import type { CompiledBalancing } from '../apis/compiled-endpoint.js';
import { AddressChoice } from './address-choice.js';
import { BackendAddress } from './backend-address.js';
import { CircuitBreaker } from './circuit-breaker.js';

const settings = { failuresToOpen: 1, openMillis: 100, openFactor: 2, maxOpenMillis: 1_000 };

function addresses(...weights: number[]): BackendAddress[] {
  return weights.map((weight, index) => {
    const upstream = { origin: 'abcdef'[index] as string, basePath: '', query: '' };
    return new BackendAddress(upstream, weight, new CircuitBreaker(settings, () => undefined), undefined);
  });
}

function chooser(method: CompiledBalancing['method'], all: readonly BackendAddress[]) {
  const choice = new AddressChoice(all, method);
  return (times: number, now = 0, tried: readonly BackendAddress[] = []) =>
    Array.from({ length: times }, () => choice.choose(now, tried)?.upstream.origin ?? '-').join('');
}

describe('the choice among addresses', () => {
  it('takes turns', () => {
    expect(chooser('roundRobin', addresses(1, 1, 1))(7)).toBe('abcabca');
  });

  it('takes turns among those that answer', () => {
    const all = addresses(1, 1, 1);
    const choose = chooser('roundRobin', all);
    all[1]?.breaker.failed(0);
    expect(choose(4)).toBe('acac');
    expect(choose(3, 100)).toBe('abc');
  });

  it('goes by weight, evenly spread', () => {
    expect(chooser('weighted', addresses(5, 1, 1))(14)).toBe('aabacaaaabacaa');
  });

  it('goes to the one with the fewest calls for its weight, in turns when equal', () => {
    const all = addresses(1, 2);
    const choose = chooser('leastConnections', all);
    expect(choose(2)).toBe('ab');
    Object.assign(all[0] as BackendAddress, { active: 2 });
    Object.assign(all[1] as BackendAddress, { active: 3 });
    expect(choose(2)).toBe('bb');
  });

  it('goes to the first that answers', () => {
    const all = addresses(1, 1);
    const choose = chooser('failover', all);
    expect(choose(2)).toBe('aa');
    all[0]?.breaker.failed(0);
    expect(choose(2)).toBe('bb');
    expect(choose(2, 100)).toBe('aa');
  });

  it('leaves out what has been tried', () => {
    const all = addresses(1, 1);
    expect(chooser('failover', all)(1, 0, all.slice(0, 1))).toBe('b');
    expect(chooser('failover', all)(1, 0, all)).toBe('-');
    const [only = []] = [addresses(1)];
    expect(chooser('roundRobin', only)(1, 0, only)).toBe('-');
  });

  it('leaves out what is unwell, unless all are', () => {
    const all = addresses(1, 1);
    Object.assign(all[0] as BackendAddress, { isWell: false });
    expect(chooser('roundRobin', all)(2)).toBe('bb');
    Object.assign(all[1] as BackendAddress, { isWell: false });
    expect(chooser('roundRobin', all)(2)).toBe('ab');
  });

  it('is none when every breaker is open', () => {
    const all = addresses(1, 1);
    for (const { breaker } of all) breaker.failed(0);
    for (const method of ['roundRobin', 'weighted', 'leastConnections', 'failover'] as const) {
      expect(chooser(method, all)(1)).toBe('-');
    }
  });
});
