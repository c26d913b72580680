import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyText, wellFormedText } from '../../test/support/oauth2-arbitraries.js';
import { readBasic } from './basic-credentials.js';
import { OAuthError } from './errors.js';

const header = (pair: string, encoding: BufferEncoding = 'utf8') =>
  `Basic ${Buffer.from(pair, encoding).toString('base64')}`;
/** RFC 6749 §2.3.1: each half is form-encoded by itself. */
const formEncoded = (text: string) => new URLSearchParams([['', text]]).toString().slice(1);

describe('readBasic', () => {
  it('reads a hostile header once, however many blanks are in it', () => {
    const hostile = `Basic${' '.repeat(4_000)}!`;
    // Tried in every way, one such header takes 20 ms; a thousand of them would not end in time.
    for (let nth = 0; nth < 1_000; nth++) expect(readBasic(hostile)).toBeUndefined();
  });

  it.each([
    ['plain', header('id:secret'), [['id', 'secret']]],
    ['scheme in any case', header('id:secret').replace('Basic', 'bAsIC'), [['id', 'secret']]],
    ['several spaces', header('id:secret').replace(' ', '   '), [['id', 'secret']]],
    ['no padding', 'Basic aWQ6czE', [['id', 's1']]],
    ['split at the first colon', header('id:a:b'), [['id', 'a:b']]],
    [
      'an encoded colon stays in its half',
      header('a%3Ab:c'),
      [
        ['a:b', 'c'],
        ['a%3Ab', 'c'],
      ],
    ],
    [
      '+ may be a space or itself',
      header('id:a+b'),
      [
        ['id', 'a b'],
        ['id', 'a+b'],
      ],
    ],
    ['a broken escape is read raw', header('id:100%'), [['id', '100%']]],
    [
      'everything encoded (openid-client)',
      header('my%2Did:s%5F1'),
      [
        ['my-id', 's_1'],
        ['my%2Did', 's%5F1'],
      ],
    ],
    ['raw UTF-8 (curl)', header('id:é'), [['id', 'é']]],
    ['raw latin-1 (requests)', header('id:é', 'latin1'), [['id', 'é']]],
    ['no secret', header('id:'), [['id', '']]],
    ['nothing at all', header(':'), [['', '']]],
  ])('reads %s', (_, authorization, expected) => {
    expect(readBasic(authorization)?.map(({ id, secret }) => [id, secret])).toEqual(expected);
  });

  it.each([
    '',
    'Basic',
    'Basic ',
    'Basic !!!',
    'Basic YWI=YWI=',
    'Basic YWI=',
    'BasicYTpi',
    'Bearer YTpi',
    'Basic\tYTpi',
    `Basic ${'A'.repeat(4_096)}`,
  ])('finds no credentials in %j', (authorization) => expect(readBasic(authorization)).toBeUndefined());

  it('refuses two joined headers with invalid_request', () => {
    expect(() => readBasic(`${header('a:b')}, ${header('c:d')}`)).toThrow(
      expect.objectContaining({ error: 'invalid_request' }),
    );
  });

  it('reads back what a client that encodes, and one that does not, has sent', () => {
    const noColon = wellFormedText.map((text) => text.replaceAll(':', ''));
    fc.assert(
      fc.property(noColon, wellFormedText, (id, secret) => {
        const strict = readBasic(header(`${formEncoded(id)}:${formEncoded(secret)}`));
        expect(strict?.[0]).toEqual({ id, secret });
        expect(readBasic(header(`${id}:${secret}`))?.at(-1)).toEqual({ id, secret });
      }),
    );
  });

  it('gives at most two readings and throws nothing but OAuthError', () => {
    const anyHeader = fc.oneof(
      anyText,
      fc.uint8Array().map((bytes) => `Basic ${Buffer.from(bytes).toString('base64')}`),
    );
    fc.assert(
      fc.property(anyHeader, (authorization) => {
        try {
          expect(readBasic(authorization)?.length ?? 0).toBeLessThanOrEqual(2);
        } catch (error) {
          if (!(error instanceof OAuthError)) throw error;
        }
      }),
    );
  });
});
