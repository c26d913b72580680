import { type ClientHttp2Session, connect as http2Connect } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { createLogger } from '@keygate/common/logging';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gatewaySchema } from '../src/config/gateway.config.js';
import { startGateway } from '../src/main.js';
import { faults } from '../src/pipeline/gateway-errors.js';
import { startTestBed, type TestBed } from './support/test-gateway.js';

let bed: TestBed;
beforeAll(async () => {
  bed = await startTestBed({
    gateway: { limits: { headersTimeoutMillis: 500, maxHeaderBytes: 8_192, maxConnections: 20 } },
  });
  bed.keyManager.grant('t');
  bed.keyManager.onIssue = () => ({
    result: {
      $case: 'granted',
      granted: { accessToken: 'a'.repeat(32), tokenType: 'Bearer', expiresIn: 60, scope: 'default' },
    },
  });
});
afterAll(() => bed.stop());

const readAll = (socket: Socket) =>
  new Promise<string>((resolve, reject) => {
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
  });

const plain = (text: string) => {
  const socket = connect(bed.gateway.ports.http, '127.0.0.1');
  socket.write(text);
  return readAll(socket);
};

const secure = (text: string) => {
  const socket = tlsConnect({
    port: bed.gateway.ports.https,
    host: '127.0.0.1',
    rejectUnauthorized: false,
    ALPNProtocols: ['http/1.1'],
  });
  socket.write(text);
  return readAll(socket);
};

function h2Request(session: ClientHttp2Session, headers: Record<string, string>, body?: string) {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: string }>((resolve, reject) => {
    const stream = session.request(headers, { endStream: body === undefined });
    let text = '';
    let answered: Record<string, unknown> = {};
    stream.on('response', (got) => {
      answered = got;
    });
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    stream.on('error', reject);
    stream.on('end', () => resolve({ status: Number(answered[':status']), headers: answered, body: text }));
    if (body !== undefined) stream.end(body);
  });
}

/** RFC 9113 section 4.1. */
function frame(type: number, flags: number, stream: number, payload = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

describe('HTTP/2 on the HTTPS port', () => {
  it('serves API calls and token requests', async () => {
    const session = http2Connect(bed.urls.https, { rejectUnauthorized: false });
    try {
      const call = await h2Request(session, { ':path': '/petstore/1.0.0/pets', authorization: 'Bearer t' });
      expect(call).toMatchObject({ status: 200, body: '{"from":"backend"}' });
      const token = await h2Request(
        session,
        { ':path': '/token', ':method': 'POST', 'content-type': 'application/x-www-form-urlencoded' },
        'grant_type=password',
      );
      expect(token.status).toBe(200);
      expect(token.headers).toMatchObject({ 'cache-control': 'no-store' });
      expect(JSON.parse(token.body)).toMatchObject({ token_type: 'Bearer' });
      expect((await h2Request(session, { ':path': '/nowhere' })).status).toBe(404);
      expect((await h2Request(session, { ':path': '/token' })).status).toBe(405);
    } finally {
      session.close();
    }
  });

  it('ends a connection that opens and resets streams in a flood', async () => {
    const socket = tlsConnect({
      port: bed.gateway.ports.https,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      ALPNProtocols: ['h2'],
    });
    const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => undefined);
    socket.resume();
    socket.write(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(4, 0, 0)]));
    for (let id = 1; id < 1_400 && socket.writable; id += 2) {
      // :method GET, :scheme https, :path /, :authority a; then RST_STREAM with CANCEL.
      const headers = frame(1, 0x05, id, Buffer.from([0x82, 0x87, 0x84, 0x41, 0x01, 0x61]));
      socket.write(Buffer.concat([headers, frame(3, 0, id, Buffer.from([0, 0, 0, 8]))]));
      if (id % 500 === 1) await new Promise((resolve) => setImmediate(resolve));
    }
    await ended;
    expect((await bed.call('t')).status).toBe(200);
  });
});

describe('what is no HTTP', () => {
  it.each([
    ['a bad request line', 'HELLO\r\n\r\n', '400'],
    [
      'Content-Length with Transfer-Encoding',
      'POST /token HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc',
      '400',
    ],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', '400'],
    ['a head above the limit', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(9_000)}\r\n\r\n`, '431'],
    ['a head that never ends', 'GET / HTTP/1.1\r\nHost: a\r\nX: 1', '408'],
  ])('%s is answered and cut off on both ports', async (what, text, status) => {
    for (const send of [plain, secure]) {
      const answer = await send(text);
      expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      // Node itself answers where there is no Host, without a body.
      if (what !== 'no Host') expect(answer).toContain(`"code":"${status}"`);
      expect(answer.toLowerCase()).toContain('connection: close');
    }
  });

  it('chunk extensions without an end are refused where a body is read', async () => {
    const start = 'POST /token HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n';
    const answer = await secure(`${start}Transfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(20_000)}`);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain(faults.chunkExtensionsTooLarge.description);
  });

  it('two Host headers are refused at the token endpoint', async () => {
    const text = 'POST /token HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';
    expect(await secure(text)).toMatch(/^HTTP\/1.1 400 /);
  });

  it('TLS below 1.2 is refused', async () => {
    const socket = tlsConnect({
      port: bed.gateway.ports.https,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
    await expect(readAll(socket)).rejects.toThrow();
  });
});

describe('connections', () => {
  it('above the limit are dropped, and places come free again', async () => {
    const sockets = Array.from({ length: 40 }, () => connect(bed.gateway.ports.http, '127.0.0.1'));
    const dropped = await new Promise<number>((resolve) => {
      let count = 0;
      for (const socket of sockets) {
        socket.on('error', () => undefined);
        socket.on('close', () => {
          count += 1;
          if (count === 20) resolve(count);
        });
      }
    });
    expect(dropped).toBe(20);
    for (const socket of sockets) socket.destroy();
  });

  it('to a taken port end the start with one line that says what to do', async () => {
    const config = gatewaySchema.parse({
      dataDir: bed.dataDir,
      portOffset: 3,
      gateway: {
        listeners: { https: bed.gateway.ports.https, http: 0, wss: 0, ws: 0, operations: 0 },
        keyManager: { serverUrl: `https://127.0.0.1:${bed.keyManager.port}` },
      },
    });
    const logger = createLogger({ name: 'gateway', level: 'silent', format: 'json' });
    await expect(startGateway(config, { logger })).rejects.toThrow(
      `port ${bed.gateway.ports.https} (gateway.listeners.https) on 127.0.0.1 is taken; free it or try --port-offset 4`,
    );
  });
});
