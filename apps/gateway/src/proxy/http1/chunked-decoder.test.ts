import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkedDecoder } from './chunked-decoder.js';

/** Feeds the text in pieces of `step` bytes; what comes out, how much was used, and the trailers. */
function decoded(text: string, step = text.length) {
  const decoder = new ChunkedDecoder();
  let body = '';
  let used = 0;
  for (let at = 0; at < text.length && !decoder.isDone; at += step) {
    const piece = Buffer.from(text.slice(at, at + step), 'latin1');
    // Memory that is used again holds what was read before.
    const buffer = Buffer.concat([Buffer.from('\r\n5\r\n'), piece, Buffer.from('0\r\n\r\n')]);
    const end = decoder.decode(buffer, 5, 5 + piece.length, (from, to) => {
      body += buffer.toString('latin1', from, to);
    });
    used += end - 5;
  }
  return { body, used, isDone: decoder.isDone, trailers: decoder.trailers };
}

describe('chunks', () => {
  it('are taken off, whatever the pieces they come in', () => {
    const text = '5\r\nhello\r\nA;name="va lue"\r\n, wide wor\r\n2\r\nld\r\n0\r\nX-Sum: 1\r\nY: 2\r\n\r\n';
    for (let step = 1; step <= text.length; step++) {
      expect(decoded(text, step)).toEqual({
        body: 'hello, wide world',
        used: text.length,
        isDone: true,
        trailers: ['X-Sum', '1', 'Y', '2'],
      });
    }
  });

  it('end where they end: what follows is not theirs', () => {
    expect(decoded('0\r\n\r\nHTTP/1.1 200 OK\r\n')).toMatchObject({ used: 5, isDone: true });
  });

  it.each(['1\r\nab\r\n0\r\n\r\n', '2\r\na\r\n0\r\n\r\n', '1\r\na0\r\n\r\n'])(
    'with a false size are refused: %j',
    (text) => {
      expect(() => decoded(text)).toThrow();
    },
  );

  it.each([
    ...[
      '\r\n',
      ' 1\r\n',
      '+1\r\n',
      '-1\r\n',
      '0x1\r\n',
      '1g\r\n',
      'g\r\n',
      '1,\r\n',
      '1 1\r\n',
      '1\n',
      '1\r',
      ';x\r\n',
    ],
    ...['ffffffffffffff\r\n', '1;\0\r\n', '1\x0b\r\n', `1;${'x'.repeat(1_100)}\r\n`],
  ])('with the size line %j are refused', (line) => {
    expect(() => decoded(`${line}a\r\n0\r\n\r\n`)).toThrow();
  });

  it('may have trailers up to a bound', () => {
    expect(() => decoded(`0\r\n${'X: y\r\n'.repeat(4_000)}\r\n`)).toThrow();
    expect(() => decoded(`0\r\nX: ${'y'.repeat(20_000)}`)).toThrow();
  });

  it('give back any body in any chunking', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1, maxLength: 40, unit: 'binary-ascii' })),
        fc.integer({ min: 1, max: 60 }),
        (parts, step) => {
          const text = `${parts.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join('')}0\r\n\r\n`;
          const { body, isDone, used } = decoded(text, step);
          expect([body, isDone, used]).toEqual([parts.join(''), true, text.length]);
        },
      ),
    );
  });
});
