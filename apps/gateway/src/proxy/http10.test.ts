import { connect } from 'node:net';
import { AuthType } from '@keygate/proto/keymanager/v1/catalog';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anApi, aResource, catalogOf } from '../apis/test/catalog.js';
import { exchangeBytes, parseAnswer, startTestGateway, type TestGateway } from './test/gateway.js';
import { ok, RecordingBackend } from './test/recording-backend.js';

let backend: RecordingBackend;
let gateway: TestGateway;

beforeAll(async () => {
  backend = await RecordingBackend.start((received, socket) => {
    const last = received.slice(received.lastIndexOf(' /'));
    if (last.startsWith(' /chunked')) {
      socket.write(
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\nX-T: 1\r\n\r\n',
      );
    } else if (last.startsWith(' /cut')) {
      socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n');
    } else socket.write(ok('hello'));
  });
  const open = { authType: AuthType.AUTH_TYPE_NONE };
  const api = anApi({
    effectiveContext: '/open',
    productionEndpoint: { urls: [backend.url], timeoutMillis: 0, trustedCertificates: [] },
    resources: ['GET /*', 'POST /*'].map((resource) => aResource(resource, open)),
  });
  gateway = await startTestGateway(catalogOf({ apis: [api] }));
});

afterAll(async () => {
  await gateway.stop();
  await backend.stop();
});

const request = (line: string, ...rest: string[]) => [`${line} HTTP/1.0`, ...rest].join('\r\n');

describe('a client that speaks HTTP/1.0', () => {
  it('needs no Host, and has its connection closed behind the answer', async () => {
    const answer = parseAnswer(await exchangeBytes(gateway.port, request('GET /open/x', '', '')));
    expect(answer).toMatchObject({
      status: 200,
      body: 'hello',
      headers: { connection: 'close', 'content-length': '5' },
    });
  });

  it('gets no chunks and no trailers, whatever the backend sends', async () => {
    const answer = parseAnswer(
      await exchangeBytes(gateway.port, request('GET /open/chunked', 'Host: a', 'TE: trailers', '', '')),
    );
    expect(answer).toMatchObject({ status: 200, body: 'hello world' });
    expect(answer.headers['transfer-encoding']).toBeUndefined();
    expect(answer.headers.connection).toBe('close');
  });

  it('sends a body of a length it names, and is asked for it at once', async () => {
    const bytes = request('POST /open/x', 'Host: a', 'Expect: 100-continue', 'Content-Length: 6', '', 'body\r\n');
    const text = await exchangeBytes(gateway.port, bytes);
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    expect(backend.received).toMatch(/\r\n\r\nbody\r\n$/);
  });

  it('learns by a reset that its answer is not whole', async () => {
    const ending = await new Promise<string>((resolve) => {
      const socket = connect(gateway.port, '127.0.0.1', () =>
        socket.write(request('GET /open/cut', 'Host: a', '', '')),
      );
      socket.on('end', () => resolve('end'));
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(String(error.code)));
      socket.resume();
    });
    expect(ending).toBe('ECONNRESET');
  });
});
