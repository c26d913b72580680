import { describe, expect, it } from 'vitest';
import { checkHead } from './request-head.js';
import { faultOf } from './test/exchange.js';

describe('a request head', () => {
  it.each<[string, string[], [number, number]]>([
    ['an ordinary one', ['Host', 'a.test:8243', 'X', 'y'], [1, 1]],
    ['an IPv6 host', ['host', '[::1]:8243'], [1, 1]],
    ['an empty host', ['Host', ''], [1, 1]],
    ['HTTP/1.0 without a host', [], [1, 0]],
    ['a chunked body', ['Host', 'a', 'Transfer-Encoding', 'Chunked'], [1, 1]],
    ['HTTP/2', [':authority', 'a.test'], [2, 0]],
    ['HTTP/2 with the same host twice', [':authority', 'a.test', 'host', 'a.test'], [2, 0]],
    ['an upgrade that may be ignored', ['Host', 'a', 'Upgrade', 'h2c'], [1, 1]],
    ['one to WebSocket, which others judge', ['Host', 'a', 'Upgrade', 'websocket'], [1, 1]],
  ])('with %s is taken', (_, headers, [major, minor]) => {
    expect(() => checkHead(headers, major, minor)).not.toThrow();
  });

  it.each<[string, string[], [number, number]]>([
    ['no host', [], [1, 1]],
    ['two hosts', ['Host', 'a', 'host', 'a'], [1, 1]],
    ['a host with a path', ['Host', 'a/b'], [1, 1]],
    ['a host with a user', ['Host', 'u@a'], [1, 1]],
    ['a host list', ['Host', 'a b'], [1, 1]],
    ['another authority than host', [':authority', 'a', 'host', 'b'], [2, 0]],
    ['HTTP/2 without an authority', [], [2, 0]],
    ['two Transfer-Encodings', ['Host', 'a', 'Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'chunked'], [1, 1]],
    ['a coded body', ['Host', 'a', 'Transfer-Encoding', 'gzip, chunked'], [1, 1]],
    ['chunked in HTTP/1.0', ['Host', 'a', 'Transfer-Encoding', 'chunked'], [1, 0]],
    ['HTTP/0.9', ['Host', 'a'], [0, 9]],
  ])('with %s is refused', (_, headers, [major, minor]) => {
    expect(faultOf(() => checkHead(headers, major, minor)).fault).toBe('badRequest');
  });
});
