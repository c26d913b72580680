import { describe, expect, it } from 'vitest';
import { noBody, writeRequestHead } from './request-head.js';

const get = { method: 'GET', path: '/a?b=%20', headers: ['X', 'y'] };

describe('the head of a request', () => {
  it.each([
    [noBody, ''],
    [0, 'content-length: 0\r\n'],
    [12, 'content-length: 12\r\n'],
    [undefined, 'transfer-encoding: chunked\r\n'],
  ])('with the length %s is framed by %j', (length, framing) => {
    expect(writeRequestHead(get, 'h:1', length)).toBe(
      `GET /a?b=%20 HTTP/1.1\r\nhost: h:1\r\nconnection: keep-alive\r\nX: y\r\n${framing}\r\n`,
    );
  });

  it('says the length once, whatever the headers said', () => {
    const headers = ['Content-Length', '5', 'X', 'y'];
    expect(writeRequestHead({ ...get, headers }, 'h', 3).match(/content-length/gi)).toHaveLength(1);
  });

  it.each([
    ['a line end in a value', { headers: ['X', 'a\r\nb'] }],
    ['a NUL in a value', { headers: ['X', 'a\0'] }],
    ['a letter beyond latin1', { headers: ['X', '\u0100'] }],
    ['a line end in a name', { headers: ['X\r\nY', 'a'] }],
    ['a blank in the target', { path: '/a b' }],
    ['a line end in the target', { path: '/a\r\n' }],
    ['no path', { path: 'a' }],
    ['a method that is no token', { method: 'GET /x' }],
  ])('with %s is not written', (_, change) => {
    expect(() => writeRequestHead({ ...get, ...change }, 'h', noBody)).toThrowError(
      expect.objectContaining({ code: 'UPSTREAM_INVALID_REQUEST' }),
    );
  });
});
