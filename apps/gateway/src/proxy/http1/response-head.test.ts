import { describe, expect, it } from 'vitest';
import { chunked, parseResponseHead, parseTrailers, untilClose } from './response-head.js';

const head = (...lines: string[]) => lines.join('\r\n');

describe('the head of an answer', () => {
  it('is read as it was sent', () => {
    const text = head('HTTP/1.1 200 All right', 'X-A: 1', 'x-a:  2 \t', 'Content-Length: 5', 'Empty:');
    expect(parseResponseHead(text, 'GET')).toEqual({
      status: 200,
      statusText: 'All right',
      headers: ['X-A', '1', 'x-a', '2', 'Content-Length', '5', 'Empty', ''],
      framing: 5,
      keepsAlive: true,
      keepAliveSeconds: undefined,
    });
  });

  it.each<[string, string[], string, number]>([
    ['no length', ['HTTP/1.1 200 OK'], 'GET', untilClose],
    ['chunks', ['HTTP/1.1 200 OK', 'Transfer-Encoding: Chunked'], 'GET', chunked],
    ['a length', ['HTTP/1.1 200 OK', 'content-length: 0'], 'GET', 0],
    ['HEAD', ['HTTP/1.1 200 OK', 'Content-Length: 7'], 'HEAD', 0],
    ['204', ['HTTP/1.1 204', 'Transfer-Encoding: chunked'], 'GET', 0],
    ['304', ['HTTP/1.1 304 Not Modified', 'Content-Length: 7'], 'GET', 0],
  ])('with %s says where the body ends', (_, lines, method, framing) => {
    expect(parseResponseHead(head(...lines), method).framing).toBe(framing);
  });

  it.each<[string, string[], boolean, number | undefined]>([
    ['HTTP/1.1', ['HTTP/1.1 200 OK'], true, undefined],
    ['Connection: close', ['HTTP/1.1 200 OK', 'Connection: x, Close'], false, undefined],
    ['HTTP/1.0', ['HTTP/1.0 200 OK'], false, undefined],
    ['HTTP/1.0 with keep-alive', ['HTTP/1.0 200 OK', 'Connection: keep-alive'], true, undefined],
    ['a time', ['HTTP/1.1 200 OK', 'Keep-Alive: max=5, timeout=7'], true, 7],
  ])('with %s says what becomes of the connection', (_, lines, keepsAlive, keepAliveSeconds) => {
    expect(parseResponseHead(head(...lines), 'GET')).toMatchObject({ keepsAlive, keepAliveSeconds });
  });

  it.each<[string, string[]]>([
    ['another protocol', ['HTTP/2 200 OK']],
    ['another version', ['HTTP/1.2 200 OK']],
    ['two digits', ['HTTP/1.1 20 OK']],
    ['four digits', ['HTTP/1.1 2000 OK']],
    ['a status below 100', ['HTTP/1.1 099 OK']],
    ['no blank behind the version', ['HTTP/1.1\t200 OK']],
    ['a blank before the colon', ['HTTP/1.1 200 OK', 'Content-Length : 1']],
    ['a folded line', ['HTTP/1.1 200 OK', 'X: a', ' b']],
    ['no colon', ['HTTP/1.1 200 OK', 'X']],
    ['an empty name', ['HTTP/1.1 200 OK', ': x']],
    ['a name that is no token', ['HTTP/1.1 200 OK', 'a(b): x']],
    ['a NUL', ['HTTP/1.1 200 OK', 'X: a\0b']],
    ['a bare CR', ['HTTP/1.1 200 OK', 'X: a\rY: b']],
    ['a bare LF', ['HTTP/1.1 200 OK', 'X: a\nY: b']],
    ['both framings', ['HTTP/1.1 200 OK', 'Content-Length: 1', 'Transfer-Encoding: chunked']],
    ['two lengths', ['HTTP/1.1 200 OK', 'Content-Length: 1', 'Content-Length: 2']],
    ['one length twice', ['HTTP/1.1 200 OK', 'Content-Length: 1', 'Content-Length: 1']],
    ['a list of lengths', ['HTTP/1.1 200 OK', 'Content-Length: 1, 1']],
    ['a signed length', ['HTTP/1.1 200 OK', 'Content-Length: +1']],
    ['an empty length', ['HTTP/1.1 200 OK', 'Content-Length:']],
    ['a length beyond all numbers', ['HTTP/1.1 200 OK', 'Content-Length: 99999999999999999999']],
    ['another coding', ['HTTP/1.1 200 OK', 'Transfer-Encoding: gzip, chunked']],
    ['chunked twice', ['HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked']],
    ['chunks in HTTP/1.0', ['HTTP/1.0 200 OK', 'Transfer-Encoding: chunked']],
  ])('with %s is refused', (_, lines) => {
    expect(() => parseResponseHead(head(...lines), 'GET')).toThrowError(
      expect.objectContaining({ code: 'UPSTREAM_PROTOCOL' }),
    );
  });

  it('may have so many lines and no more', () => {
    const lines = Array.from({ length: 512 }, (_, n) => `x-${n}: y`);
    expect(parseResponseHead(head('HTTP/1.1 200 OK', ...lines), 'GET').headers).toHaveLength(1_024);
    expect(() => parseResponseHead(head('HTTP/1.1 200 OK', ...lines, 'x: y'), 'GET')).toThrow();
  });
});

describe('trailers', () => {
  it('are read like header lines', () => {
    expect(parseTrailers('A: 1\r\nB:2')).toEqual(['A', '1', 'B', '2']);
  });

  it.each(['A', ' A: 1', 'A : 1', 'A: \0'])('%j is refused', (text) => {
    expect(() => parseTrailers(text)).toThrow();
  });
});
