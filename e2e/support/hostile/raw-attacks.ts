import type { Listener } from './attack.js';

/** Bytes that no HTTP client would send. */
export interface RawAttack {
  readonly at: Listener;
  readonly what: string;
  readonly bytes: string;
  readonly status: number;
}

const host = 'Host: localhost\r\n';
const type = 'Content-Type: application/x-www-form-urlencoded\r\n';
const chunked = 'Transfer-Encoding: chunked\r\n';

/** `{basic}` stands for the Authorization header of the client. */
function rows(token: string): [what: string, bytes: string, status: number][] {
  const post = (headers: string, body: string, version = '1.1') =>
    `POST ${token} HTTP/${version}\r\n${headers}${type}{basic}\r\n${body}`;
  return [
    ['Content-Length and Transfer-Encoding', post(`${host}Content-Length: 5\r\n${chunked}`, '0\r\n\r\n'), 400],
    ['Transfer-Encoding and Content-Length', post(`${host}${chunked}Content-Length: 5\r\n`, '0\r\n\r\n'), 400],
    ['two Content-Lengths', post(`${host}Content-Length: 5\r\nContent-Length: 6\r\n`, 'abcde'), 400],
    ['a list of Content-Lengths', post(`${host}Content-Length: 5, 5\r\n`, 'abcde'), 400],
    ['a signed Content-Length', post(`${host}Content-Length: +5\r\n`, 'abcde'), 400],
    ['a Content-Length below zero', post(`${host}Content-Length: -1\r\n`, ''), 400],
    ['a Content-Length in hexadecimal', post(`${host}Content-Length: 0x5\r\n`, 'abcde'), 400],
    ['a Content-Length of 30 digits', post(`${host}Content-Length: ${'9'.repeat(30)}\r\n`, 'abcde'), 400],
    ['a Content-Length of 4 GiB', post(`${host}Content-Length: 4294967296\r\n`, 'abcde'), 413],
    ['a coding that is none', post(`${host}Transfer-Encoding: canary\r\n`, 'abcde'), 400],
    ['chunked that is not last', post(`${host}Transfer-Encoding: chunked, gzip\r\n`, '0\r\n\r\n'), 400],
    ['a blank before the colon', post(`${host}Transfer-Encoding : chunked\r\n`, '0\r\n\r\n'), 400],
    ['a chunk size that is none', post(`${host}${chunked}`, 'canary\r\n\r\n'), 400],
    ['a chunk size below zero', post(`${host}${chunked}`, '-1\r\n\r\n'), 400],
    ['a chunk size of 30 digits', post(`${host}${chunked}`, `${'f'.repeat(30)}\r\n`), 400],
    ['a chunk that is longer than it says', post(`${host}${chunked}`, '3\r\nabcdefg\r\n0\r\n\r\n'), 400],
    ['chunks of 1 MiB altogether', post(`${host}${chunked}`, `4000\r\n${'a'.repeat(16_384)}\r\n`.repeat(64)), 413],
    ['chunk extensions without end', post(`${host}${chunked}`, `1;${'a'.repeat(40_000)}\r\n`), 413],
    ['two Hosts', `GET ${token} HTTP/1.1\r\n${host}${host}\r\n`, 400],
    ['no Host', `GET ${token} HTTP/1.1\r\n\r\n`, 400],
    ['a target in absolute form', `GET http://evil.example${token} HTTP/1.1\r\n${host}\r\n`, 400],
    ['a target of another scheme', `GET canary:x HTTP/1.1\r\n${host}\r\n`, 400],
    ['an asterisk', `GET * HTTP/1.1\r\n${host}\r\n`, 400],
    ['a target with a blank', `GET ${token} canary HTTP/1.1\r\n${host}\r\n`, 400],
    ['a folded header', `GET ${token} HTTP/1.1\r\n${host}X-A: b\r\n c\r\n\r\n`, 400],
    ['a NUL in a header', `GET ${token} HTTP/1.1\r\n${host}X-A: b\0c\r\n\r\n`, 400],
    ['a bare carriage return in a header', `GET ${token} HTTP/1.1\r\n${host}X-A: b\rX-B: c\r\n\r\n`, 400],
    ['bare line feeds', `GET ${token} HTTP/1.1\nHost: localhost\n\n`, 400],
    ['a header without a name', `GET ${token} HTTP/1.1\r\n${host}: canary\r\n\r\n`, 400],
    ['a header without a colon', `GET ${token} HTTP/1.1\r\n${host}canary\r\n\r\n`, 400],
    ['a header of 40 KiB', `GET ${token} HTTP/1.1\r\n${host}X-A: ${'a'.repeat(40_960)}\r\n\r\n`, 431],
    ['4,000 headers', `GET ${token} HTTP/1.1\r\n${host}${'X-A: b\r\n'.repeat(8_000)}\r\n`, 431],
    ['a cookie of 40 KiB', `GET ${token} HTTP/1.1\r\n${host}Cookie: a=${'c'.repeat(40_960)}\r\n\r\n`, 431],
    ['a version that is none', `GET ${token} HTTP/9.9\r\n${host}\r\n`, 400],
    ['HTTP/0.9', `GET ${token}\r\n\r\n`, 400],
    ['a method that is none', `CANARY ${token} HTTP/1.1\r\n${host}\r\n`, 400],
    ['a method in lower case', `post ${token} HTTP/1.1\r\n${host}\r\n`, 400],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['no HTTP at all', 'canary\r\n\r\n', 400],
    ['another TLS handshake', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
    ['an Expect that is none', post(`${host}Content-Length: 5\r\nExpect: canary\r\n`, 'abcde'), 417],
    [
      'an upgrade to something else',
      `GET ${token} HTTP/1.1\r\n${host}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
      405,
    ],
    // Closed without a word, as by every server of Node that is no proxy.
    ['CONNECT', 'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n', 0],
    ['chunks in HTTP/1.0', post(`${host}${chunked}`, '0\r\n\r\n', '1.0'), 400],
    ['TRACE', `TRACE ${token} HTTP/1.1\r\n${host}X-A: canary\r\n\r\n`, 405],
  ];
}

export const rawAttacks: readonly RawAttack[] = [
  ...rows('/oauth2/token').map(([what, bytes, status]) => ({ at: 'key manager' as const, what, bytes, status })),
  ...rows('/token').map(([what, bytes, status]) => ({ at: 'gateway' as const, what, bytes, status })),
];
