import { describe, expect, it } from 'vitest';
import { LineRelay } from './line-relay.js';

describe('the lines of several processes', () => {
  it('are passed on whole, however they come in pieces', () => {
    let written = '';
    const relay = new LineRelay((lines) => {
      written += lines.toString();
    });
    relay.take(1, Buffer.from('one a\none '));
    relay.take(2, Buffer.from('two a'));
    relay.take(2, Buffer.from(' and more\ntwo b'));
    relay.take(1, Buffer.from('b\n'));
    relay.take(2, Buffer.from('\n'));
    expect(written).toBe('one a\ntwo a and more\none b\ntwo b\n');
  });
});
