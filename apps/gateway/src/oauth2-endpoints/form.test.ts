import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MalformedForm, readForm } from './form.js';

const read = (text: string) => readForm(Buffer.from(text));

describe('readForm', () => {
  it.each<[string, [string, string][]]>([
    ['', []],
    ['a=b', [['a', 'b']]],
    ['a', [['a', '']]],
    ['=b', [['', 'b']]],
    ['a=b=c', [['a', 'b=c']]],
    [
      'a=1&a=2',
      [
        ['a', '1'],
        ['a', '2'],
      ],
    ],
    ['&&a=1&', [['a', '1']]],
    ['+%25%26%2B%C2%A3%E2%82%AC=+%25%26%2B%C2%A3%E2%82%AC', [[' %&+£€', ' %&+£€']]],
    ['a=%00', [['a', '\0']]],
    ['__proto__=x', [['__proto__', 'x']]],
  ])('reads %j', (text, pairs) => {
    expect(read(text).map(({ name, value }) => [name, value])).toEqual(pairs);
  });

  it('sees a pair behind a long run of empty ones', () => {
    expect(read(`a=1${'&'.repeat(1_000)}a=2`)).toHaveLength(2);
    expect(() => read('a=1&'.repeat(65))).toThrow('too many parameters');
  });

  it.each(['%', 'a=%', 'a=%4', 'a=%zz', 'a=%ff', 'a=%c2', 'a=%ed%a0%80', '%c0%80=1'])('refuses %j', (text) => {
    expect(() => read(text)).toThrow(MalformedForm);
  });

  it('reads back what URLSearchParams writes, in order and with repetitions', () => {
    const wellFormed = fc.string({ unit: 'binary', maxLength: 16 }).filter((text) => !/\p{Cs}/u.test(text));
    const pairs = fc.array(fc.tuple(wellFormed, wellFormed), { maxLength: 16 });
    fc.assert(
      fc.property(pairs, (list) => {
        const written = new URLSearchParams(list).toString();
        // A pair of two empty texts is written as `=`, which is a pair for us too.
        expect(read(written).map(({ name, value }) => [name, value])).toEqual(list);
      }),
    );
  });

  it('either reads any bytes or refuses them as malformed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          readForm(Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedForm);
        }
      }),
    );
  });
});
