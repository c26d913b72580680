import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyText, wellFormedText } from '../../test/support/oauth2-arbitraries.js';
import { OAuthError } from './errors.js';
import { readFormBody, readJsonBody } from './request-body.js';

const bytes = (text: string) => Buffer.from(text, 'utf8');
const wellFormed = wellFormedText;
const pairs = fc.array(fc.record({ name: wellFormed, value: wellFormed }), { maxLength: 20 });
const invalidRequest = expect.objectContaining({ error: 'invalid_request', status: 400 });

/** What a reader does with hostile bytes: an answer or an OAuthError, nothing else. */
function expectOnlyOAuthErrors(read: (body: Uint8Array) => unknown, body: Uint8Array): void {
  try {
    read(body);
  } catch (error) {
    expect(error).toBeInstanceOf(OAuthError);
  }
}

describe('readFormBody', () => {
  it('decodes the vector of RFC 6749 App. B', () => {
    expect(readFormBody(bytes('value=+%25%26%2B%C2%A3%E2%82%AC'))).toEqual([{ name: 'value', value: ' %&+£€' }]);
  });

  it.each([
    ['', []],
    ['a', [['a', '']]],
    ['a=', [['a', '']]],
    ['=a', [['', 'a']]],
    ['a=b=c', [['a', 'b=c']]],
    [
      'a=1&&b=2&',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    [
      'a=1&a=2',
      [
        ['a', '1'],
        ['a', '2'],
      ],
    ],
    ['user%20name=x%0Ay', [['user name', 'x\ny']]],
    ['username=José', [['username', 'José']]],
    ['a=%EF%BB%BFx', [['a', '\ufeffx']]],
    ['a;b=1', [['a;b', '1']]],
  ])('reads %j', (body, expected) => {
    expect(readFormBody(bytes(body)).map(({ name, value }) => [name, value])).toEqual(expected);
  });

  it.each(['a=%', 'a=%4', 'a=%zz', '%=1', 'a=%C3', 'a=%ff', 'a=%C0%80', 'a=%ED%A0%80', 'a=%F8%88%80%80%80'])(
    'refuses the broken escape %j',
    (body) => expect(() => readFormBody(bytes(body))).toThrow(invalidRequest),
  );

  it('refuses bytes that are not UTF-8', () => {
    expect(() => readFormBody(Buffer.from([0x61, 0x3d, 0xe9]))).toThrow(invalidRequest);
  });

  it('refuses more than 64 parameters and more than 64 KiB', () => {
    expect(() => readFormBody(bytes('a=1&'.repeat(65)))).toThrow(invalidRequest);
    expect(() => readFormBody(bytes('&'.repeat(65_535)))).not.toThrow();
    expect(() => readFormBody(bytes(`a=${'x'.repeat(65_536)}`))).toThrow(invalidRequest);
  });

  it('loses nothing behind a run of separators', () => {
    expect(readFormBody(bytes(`a=1${'&'.repeat(200)}a=2`))).toHaveLength(2);
  });

  it('reads back what URLSearchParams writes', () => {
    fc.assert(
      fc.property(pairs, (sent) => {
        const body = new URLSearchParams(sent.map(({ name, value }): [string, string] => [name, value])).toString();
        expect(readFormBody(bytes(body))).toEqual(sent);
      }),
    );
  });

  it('throws nothing but OAuthError', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (body) => expectOnlyOAuthErrors(readFormBody, body)));
    fc.assert(fc.property(anyText, (body) => expectOnlyOAuthErrors(readFormBody, bytes(body))));
  });
});

describe('readJsonBody', () => {
  it.each([
    ['{}', []],
    [' \r\n{ } \t', []],
    ['{"a":"1"}', [['a', '1']]],
    [
      '{ "a" : "1" , "b" : "" }',
      [
        ['a', '1'],
        ['b', ''],
      ],
    ],
    [
      '{"a":"1","a":"2"}',
      [
        ['a', '1'],
        ['a', '2'],
      ],
    ],
    ['{"__proto__":"x"}', [['__proto__', 'x']]],
    ['{"a":"\\u00e9\\n\\"\\ud83d\\ude00"}', [['a', 'é\n"😀']]],
  ])('reads %s', (body, expected) => {
    expect(readJsonBody(bytes(body)).map(({ name, value }) => [name, value])).toEqual(expected);
  });

  it.each([
    '',
    'null',
    '[]',
    '"a"',
    '"a":"b"}',
    '{',
    '{"a"}',
    '{"a":}',
    '{"a":1}',
    '{"a":null}',
    '{"a":{"b":"c"}}',
    '{"a":["b"]}',
    '{"a":"1",}',
    '{,}',
    '{"a":"1"}}',
    '{"a":"1"} x',
    '{"a":"\\x"}',
    '{"a":"\n"}',
    '{"a":"\\ud800"}',
    "{'a':'b'}",
    '{"a":"b"',
    '\ufeff{}',
  ])('refuses %j', (body) => expect(() => readJsonBody(bytes(body))).toThrow(invalidRequest));

  it('reads back what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.dictionary(wellFormed, wellFormed, { maxKeys: 20, noNullPrototype: true }), (sent) => {
        const read = readJsonBody(bytes(JSON.stringify(sent)));
        expect(read).toEqual(Object.entries(sent).map(([name, value]) => ({ name, value })));
      }),
    );
  });

  it('accepts no body that JSON.parse refuses, and throws nothing but OAuthError', () => {
    const nearlyJson = fc.string({ unit: fc.constantFrom('{', '}', '"', ':', ',', 'a', '\\', 'u', '0', ' ', '\n') });
    fc.assert(
      fc.property(nearlyJson, (body) => {
        expectOnlyOAuthErrors((text) => {
          readJsonBody(text);
          expect(() => JSON.parse(body)).not.toThrow();
        }, bytes(body));
      }),
      { numRuns: 2_000 },
    );
  });
});
