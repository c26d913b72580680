import { AuthType } from '@keygate/proto/keymanager/v1/catalog';
import { afterEach, describe, expect, it } from 'vitest';
import { anApi, aResource, catalogOf } from '../apis/test/catalog.js';
import { call, exchangeBytes, head, parseAnswer, startTestGateway, type TestGateway } from './test/gateway.js';
import { ok, RecordingBackend } from './test/recording-backend.js';

const open = { authType: AuthType.AUTH_TYPE_NONE };
const running: { stop(): Promise<void> }[] = [];

afterEach(async () => {
  for (const started of running.splice(0)) await started.stop();
});

async function start(
  answer: Parameters<typeof RecordingBackend.start>[0],
  api: (backend: RecordingBackend) => Partial<Parameters<typeof anApi>[0]> = () => ({}),
): Promise<{ backend: RecordingBackend; gateway: TestGateway }> {
  const backend = await RecordingBackend.start(answer);
  const gateway = await startTestGateway(
    catalogOf({
      apis: [
        anApi({
          effectiveContext: '/open',
          productionEndpoint: { urls: [`${backend.url}/base/`], timeoutMillis: 0, trustedCertificates: [] },
          resources: ['GET', 'HEAD', 'POST'].map((verb) => aResource(`${verb} /*`, open)),
          ...api(backend),
        }),
      ],
    }),
  );
  running.push(gateway, backend);
  return { backend, gateway };
}

describe('the path', () => {
  it.each([
    ['/open', '/base'],
    ['/open/', '/base/'],
    ['/open/a/', '/base/a/'],
    ['/open/a%20b/%C3%A9;v=1?x=%2e%2e/&y=a//b', '/base/a%20b/%C3%A9;v=1?x=%2e%2e/&y=a//b'],
    ['/open/a?', '/base/a?'],
    ['/open/!$&\'()*+,:=@[]{}|^`"<>', '/base/!$&\'()*+,:=@[]{}|^`"<>'],
  ])('%s becomes %s, byte for byte', async (target, expected) => {
    const { backend, gateway } = await start(ok(''));
    expect((await call(gateway.port, `GET ${target}`)).status).toBe(200);
    expect(backend.requestLines).toEqual([`GET ${expected} HTTP/1.1`]);
  });

  it('joins a fixed query of the endpoint with the one of the client', async () => {
    const { backend, gateway } = await start(ok(''), ({ url }) => ({
      productionEndpoint: { urls: [`${url}?key=1`], timeoutMillis: 0, trustedCertificates: [] },
    }));
    await call(gateway.port, 'GET /open/a?b=2');
    await call(gateway.port, 'GET /open/a');
    expect(backend.requestLines).toEqual(['GET /a?key=1&b=2 HTTP/1.1', 'GET /a?key=1 HTTP/1.1']);
  });
});

describe('endpoints', () => {
  it('send production keys and sandbox keys their own way', async () => {
    const sandbox = await RecordingBackend.start(ok('sandbox'));
    running.push(sandbox);
    const { gateway } = await start(ok('production'), () => ({
      sandboxEndpoint: { urls: [sandbox.url], timeoutMillis: 0, trustedCertificates: [] },
      resources: [aResource('GET /pets')],
    }));
    const bodyFor = async (token: string) =>
      (await call(gateway.port, 'GET /open/pets', [`Authorization: Bearer ${token}`])).body;
    expect(await bodyFor('good')).toBe('production');
    expect(await bodyFor('sandbox')).toBe('sandbox');
  });

  it('with several addresses are called in turn', async () => {
    const second = await RecordingBackend.start(ok('second'));
    running.push(second);
    const { gateway } = await start(ok('first'), ({ url }) => ({
      productionEndpoint: { urls: [url, second.url], timeoutMillis: 0, trustedCertificates: [] },
    }));
    const bodies: string[] = [];
    for (let i = 0; i < 4; i++) bodies.push((await call(gateway.port, 'GET /open/x')).body);
    expect(bodies).toEqual(['first', 'second', 'first', 'second']);
  });

  it('without any usable address answer 503', async () => {
    const { gateway } = await start(ok(''), () => ({
      productionEndpoint: { urls: ['ftp://x'], timeoutMillis: 0, trustedCertificates: [] },
    }));
    expect(await call(gateway.port, 'GET /open/x')).toMatchObject({
      status: 503,
      body: expect.stringContaining('303001'),
    });
  });
});

describe('the answer of the backend', () => {
  it('comes through with status, reason and headers; repeated ones stay apart', async () => {
    const { gateway } = await start(
      [
        'HTTP/1.1 207 Many Things',
        'Content-Length: 2',
        'Set-Cookie: a=1',
        'Set-Cookie: b=2',
        'Location: //x/y',
        'X-Odd: é',
        '',
        'ok',
      ].join('\r\n'),
    );
    const text = await exchangeBytes(gateway.port, head('GET /open/x'));
    expect(text).toMatch(/^HTTP\/1\.1 207 Many Things\r\n/);
    expect(parseAnswer(text)).toMatchObject({
      headers: { 'set-cookie': 'a=1 | b=2', location: '//x/y', 'x-odd': 'é', 'content-length': '2' },
      body: 'ok',
    });
  });

  it('loses what belongs to one connection', async () => {
    const own = [
      'Connection: x-hop, content-length',
      'X-Hop: 1',
      'Keep-Alive: timeout=9',
      'Proxy-Authenticate: Basic',
      'Upgrade: h2c',
      'Trailer: x',
    ];
    const { gateway } = await start(ok('ok', own));
    const { headers, body } = await call(gateway.port, 'GET /open/x');
    expect(body).toBe('ok');
    expect(headers).toMatchObject({ 'content-length': '2', connection: 'close' });
    for (const name of ['x-hop', 'keep-alive', 'proxy-authenticate', 'upgrade', 'trailer']) {
      expect(headers[name]).toBeUndefined();
    }
  });

  it.each([
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n', 200, '7'],
    ['GET', 'HTTP/1.1 204 No Content\r\nX: y\r\n\r\n', 204, undefined],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n', 304, undefined],
    ['HEAD', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', 200, undefined],
  ])('to %s without a body: %j', async (verb, answer, status, length) => {
    const { gateway } = await start(answer);
    const got = await call(gateway.port, `${verb} /open/x`);
    expect([got.status, got.body, got.headers['content-length']]).toEqual([status, '', length]);
  });

  it('is not disturbed by interim answers', async () => {
    const { gateway } = await start(
      `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n${ok('ok')}`,
    );
    expect(await call(gateway.port, 'GET /open/x')).toMatchObject({ status: 200, body: 'ok' });
  });

  it('brings its trailers to a client that takes them, and only those it may', async () => {
    const trailers = 'X-Sum: 42\r\nLocation: /x\r\nSet-Cookie: a=b\r\n';
    const answer = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n${trailers}\r\n`;
    const { backend, gateway } = await start(answer);
    const text = await exchangeBytes(gateway.port, head('GET /open/x', ['TE: trailers']));
    expect(text).toMatch(/2\r\nok\r\n0\r\nX-Sum: 42\r\n\r\n$/);
    expect(backend.header('te')).toEqual(['trailers']);
    expect(await exchangeBytes(gateway.port, head('GET /open/x'))).toMatch(/2\r\nok\r\n0\r\n\r\n$/);
  });
});

describe('the body of the client', () => {
  it('keeps its length when it has one', async () => {
    const { backend, gateway } = await start(ok(''));
    await call(gateway.port, 'POST /open/x', ['Content-Length: 4'], 'abcd');
    expect(backend.received).toMatch(/content-length: 4\r\n(?:.+\r\n)*\r\nabcd$/i);
  });

  it('is sent chunked when it came chunked', async () => {
    const { backend, gateway } = await start((received, socket) => {
      if (received.includes('0\r\n\r\n')) socket.write(ok('done'));
      else socket.once('data', () => socket.write(ok('done')));
    });
    const answer = await call(
      gateway.port,
      'POST /open/x',
      ['Transfer-Encoding: chunked'],
      '2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n',
    );
    expect(answer.body).toBe('done');
    expect(backend.header('transfer-encoding')).toEqual(['chunked']);
    expect(backend.header('content-length')).toEqual([]);
    expect(backend.received).toContain('ab');
  });

  it('of length 0 is no body', async () => {
    const { backend, gateway } = await start(ok(''));
    await call(gateway.port, 'POST /open/x', ['Content-Length: 0']);
    expect(backend.header('content-length')).toEqual(['0']);
  });
});
