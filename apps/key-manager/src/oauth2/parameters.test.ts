import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { anyText } from '../../test/support/oauth2-arbitraries.js';
import { OAuthError } from './errors.js';
import { type Parameter, pick, readParameters, unicodeNoCrlf, vschars } from './parameters.js';

const list = (...pairs: [string, string][]): Parameter[] => pairs.map(([name, value]) => ({ name, value }));

describe('readParameters', () => {
  it('treats an empty value as omitted (RFC 6749 §3.2)', () => {
    expect([...readParameters(list(['code', ''], ['grant_type', 'password']))]).toEqual([['grant_type', 'password']]);
  });

  it.each([
    ['the same value twice', list(['scope', 'a'], ['scope', 'a'])],
    ['two values', list(['grant_type', 'password'], ['grant_type', 'client_credentials'])],
    ['an unknown name twice', list(['x', '1'], ['x', '2'])],
  ])('refuses %s with invalid_request', (_, parameters) => {
    expect(() => readParameters(parameters)).toThrow(
      expect.objectContaining({
        error: 'invalid_request',
        status: 400,
        description: 'Invalid request with repeated parameters.',
      }),
    );
  });

  it.each([
    ['65 parameters', Array.from({ length: 65 }, (_, i) => ({ name: `n${i}`, value: 'v' }))],
    ['a name of 129 characters', list(['n'.repeat(129), 'v'])],
    ['a value of 16,385 characters', list(['n', 'v'.repeat(16_385)])],
  ])('refuses %s', (_, parameters) => {
    expect(() => readParameters(parameters)).toThrow(expect.objectContaining({ error: 'invalid_request' }));
  });

  it('takes names that objects have by themselves for ordinary names', () => {
    const parameters = readParameters(list(['__proto__', '1'], ['constructor', '2'], ['toString', '3']));
    expect(pick(z.object({ username: z.string().optional() }), parameters)).toEqual({});
  });

  it('keeps every distinct name, and throws nothing but OAuthError', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ name: fc.string(), value: anyText })), (parameters) => {
        const sent = parameters.filter(({ value }) => value !== '');
        const isRepeated = new Set(sent.map(({ name }) => name)).size < sent.length;
        try {
          expect([...readParameters(parameters)]).toEqual(sent.map(({ name, value }) => [name, value]));
          expect(isRepeated).toBe(false);
        } catch (error) {
          if (!(error instanceof OAuthError)) throw error;
          expect(isRepeated).toBe(true);
        }
      }),
    );
  });
});

describe('pick', () => {
  const schema = z.object({ username: unicodeNoCrlf(8), password: unicodeNoCrlf(8), scope: z.string().optional() });

  it('names what is missing, in the order of the schema', () => {
    expect(() => pick(schema, readParameters([]))).toThrow(
      expect.objectContaining({ error: 'invalid_request', description: 'Missing parameters: username password' }),
    );
  });

  it('names what is malformed and never repeats the value', () => {
    const parameters = readParameters(list(['username', 'a\r\nb'], ['password', 'p']));
    expect(() => pick(schema, parameters)).toThrow(
      expect.objectContaining({ error: 'invalid_request', description: 'Malformed parameters: username' }),
    );
  });

  it('drops parameters that the schema does not ask for', () => {
    const parameters = readParameters(list(['username', 'u'], ['password', 'p'], ['other', 'x']));
    expect(pick(schema, parameters)).toEqual({ username: 'u', password: 'p' });
  });
});

describe('UNICODECHARNOCRLF (RFC 6749 App. A)', () => {
  it.each(['a b', 'é', '漢字', '😀', '\t', '~', '\u{80}', '\u{fffd}', '\u{10ffff}'])('takes %j', (text) => {
    expect(unicodeNoCrlf(64).safeParse(text).success).toBe(true);
  });

  it.each(['\0', 'a\n', '\r', '\x1f', '\x7f', '\ud800', 'a\udc00b', '\ufffe', '\uffff'])('refuses %j', (text) => {
    expect(unicodeNoCrlf(64).safeParse(text).success).toBe(false);
  });
});

describe('VSCHAR (RFC 6749 App. A)', () => {
  it.each([' ', '~', 'abc-123._~+/='])('takes %j', (text) => expect(vschars(64).safeParse(text).success).toBe(true));
  it.each(['', '\t', '\n', '\x7f', 'é', '\0', 'abc\n'])('refuses %j', (text) => {
    expect(vschars(64).safeParse(text).success).toBe(false);
  });
});
