import { AuthType } from '@keygate/proto/keymanager/v1/catalog';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anApi, aResource, catalogOf } from '../apis/test/catalog.js';
import { exchangeBytes, parseAnswer, startTestGateway, type TestGateway } from './test/gateway.js';
import { RecordingBackend } from './test/recording-backend.js';

let backend: RecordingBackend;
let gateway: TestGateway;

beforeAll(async () => {
  backend = await RecordingBackend.start();
  const open = { authType: AuthType.AUTH_TYPE_NONE };
  gateway = await startTestGateway(
    catalogOf({
      apis: [
        anApi({
          effectiveContext: '/open',
          productionEndpoint: { urls: [backend.url], timeoutMillis: 0, trustedCertificates: [] },
          resources: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'].map((verb) => aResource(`${verb} /*`, open)),
        }),
      ],
    }),
  );
});

afterAll(async () => {
  await gateway.stop();
  await backend.stop();
});

/** A second request hidden in the body of the first; it must never be seen as a request by anybody. */
const hidden = 'GET /open/hidden HTTP/1.1\r\nHost: x\r\n\r\n';
const lines = (...parts: string[]) => parts.join('\r\n');

describe('requests that could be read in two ways', () => {
  it.each<[string, string]>([
    [
      'CL and TE',
      lines('POST /open/x HTTP/1.1', 'Host: a', 'Content-Length: 6', 'Transfer-Encoding: chunked', '', '0', '', hidden),
    ],
    [
      'TE and CL',
      lines('POST /open/x HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked', 'Content-Length: 3', '', '0', '', hidden),
    ],
    [
      'two Content-Lengths',
      lines('POST /open/x HTTP/1.1', 'Host: a', 'Content-Length: 0', `Content-Length: ${hidden.length}`, '', hidden),
    ],
    [
      'a list of Content-Lengths',
      lines('POST /open/x HTTP/1.1', 'Host: a', `Content-Length: 0, ${hidden.length}`, '', hidden),
    ],
    ['a signed Content-Length', lines('POST /open/x HTTP/1.1', 'Host: a', 'Content-Length: +0', '', hidden)],
    ['a hexadecimal Content-Length', lines('POST /open/x HTTP/1.1', 'Host: a', 'Content-Length: 0x0', '', hidden)],
    ['a negative Content-Length', lines('POST /open/x HTTP/1.1', 'Host: a', 'Content-Length: -1', '', hidden)],
    [
      'TE twice',
      lines(
        'POST /open/x HTTP/1.1',
        'Host: a',
        'Transfer-Encoding: chunked',
        'Transfer-Encoding: identity',
        '',
        '0',
        '',
        hidden,
      ),
    ],
    ['an unknown TE', lines('POST /open/x HTTP/1.1', 'Host: a', 'Transfer-Encoding: xchunked', '', '0', '', hidden)],
    ['a coded TE', lines('POST /open/x HTTP/1.1', 'Host: a', 'Transfer-Encoding: gzip, chunked', '', '0', '', '')],
    ['TE: identity', lines('POST /open/x HTTP/1.1', 'Host: a', 'Transfer-Encoding: identity', '', hidden)],
    [
      'a blank before the colon',
      lines('POST /open/x HTTP/1.1', 'Host: a', 'Transfer-Encoding : chunked', '', '0', '', hidden),
    ],
    [
      'a folded header',
      lines('POST /open/x HTTP/1.1', 'Host: a', 'X: y', ' Transfer-Encoding: chunked', '', '0', '', hidden),
    ],
    ['a folded TE', lines('POST /open/x HTTP/1.1', 'Host: a', 'Transfer-Encoding:', ' chunked', '', '0', '', hidden)],
    ['bare line feeds', `POST /open/x HTTP/1.1\nHost: a\nContent-Length: 0\n\n${hidden}`],
    ['a bare line feed between headers', `POST /open/x HTTP/1.1\r\nHost: a\nContent-Length: 0\r\n\r\n${hidden}`],
    ['a bare carriage return', `POST /open/x HTTP/1.1\r\nHost: a\rX: y\r\n\r\n${hidden}`],
    ['a NUL in a header', lines('GET /open/x HTTP/1.1', 'Host: a', 'X: a\u0000b', '', hidden)],
    ['two Hosts', lines('GET /open/x HTTP/1.1', 'Host: a', 'Host: b', '', '')],
    ['no Host', lines('GET /open/x HTTP/1.1', '', '')],
    ['a Host with a slash', lines('GET /open/x HTTP/1.1', 'Host: a/b', '', '')],
    ['an absolute-form target', lines('GET http://a/open/x HTTP/1.1', 'Host: a', '', '')],
    ['an asterisk', lines('OPTIONS * HTTP/1.1', 'Host: a', '', '')],
    [
      'a chunk size that overflows',
      lines('POST /open/x HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked', '', 'fffffffffffffffff', 'x', '', ''),
    ],
    [
      'a chunk size with a sign',
      lines('POST /open/x HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked', '', '+1', 'x', '0', '', ''),
    ],
    [
      'chunked in HTTP/1.0',
      lines('POST /open/x HTTP/1.0', 'Host: a', 'Transfer-Encoding: chunked', '', '0', '', hidden),
    ],
    ['HTTP/0.9', 'GET /open/x\r\n\r\n'],
    ['HTTP/1.2', lines('GET /open/x HTTP/1.2', 'Host: a', '', '')],
    ['a lower-case version', lines('GET /open/x http/1.1', 'Host: a', '', '')],
    ['a header without a colon', lines('GET /open/x HTTP/1.1', 'Host: a', 'X', '', '')],
    ['a header with an empty name', lines('GET /open/x HTTP/1.1', 'Host: a', ': x', '', '')],
  ])('%s: 400, or a connection that ends, and no hidden request', async (_, bytes) => {
    const before = backend.received.length;
    const text = await exchangeBytes(gateway.port, bytes, true);
    const statuses = text.match(/HTTP\/1\.1 \d+/g) ?? [];
    expect(statuses[0] ?? 'HTTP/1.1 400').toBe('HTTP/1.1 400');
    expect(backend.received.slice(before)).not.toContain('hidden');
    expect(backend.received.slice(before)).not.toMatch(/transfer-encoding|0x0|xchunked/i);
  });

  it('a connection that is kept after a refusal reads the next request from its own start', async () => {
    const bytes = `${lines('GET /open/../x HTTP/1.1', 'Host: a', '', '')}${lines('GET /open/next HTTP/1.1', 'Host: a', 'Connection: close', '', '')}`;
    const text = await exchangeBytes(gateway.port, bytes);
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400', 'HTTP/1.1 200']);
  });
});

describe('bodies', () => {
  it.each(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'POST'])('of %s are framed anew', async (verb) => {
    const before = backend.received.length;
    const body = 'GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n';
    const bytes = lines(
      `${verb} /open/x HTTP/1.1`,
      'Host: a',
      'Connection: close',
      'Transfer-Encoding: chunked',
      '',
      body.length.toString(16),
      body,
      '0',
      '',
      '',
    );
    expect(parseAnswer(await exchangeBytes(gateway.port, bytes)).status).toBe(200);
    const received = backend.received.slice(before);
    const framing = received.match(/^(?:transfer-encoding|content-length):.*$/gim) ?? [];
    expect(framing).toHaveLength(1);
    expect(received).toContain(body);
  });
});
