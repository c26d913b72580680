import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestBed, type TestBed } from './support/test-gateway.js';

/** Fields in the order given, repetitions included, which no client library sends. */
type Fields = readonly (readonly [name: string, value: string])[];

const formType = ['content-type', 'application/x-www-form-urlencoded'] as const;
const body = 'grant_type=client_credentials';

// Node shows only the first of two such headers to a program, over both versions of HTTP.
describe('headers that came twice', () => {
  let bed: TestBed;
  beforeAll(async () => {
    bed = await startTestBed({});
    bed.keyManager.onIssue = () => ({
      result: {
        $case: 'granted',
        granted: { accessToken: 'a'.repeat(32), tokenType: 'Bearer', expiresIn: 60, scope: 'default' },
      },
    });
    bed.keyManager.grant('t');
  });
  afterAll(() => bed.stop());

  describe.each(['http/1.1', 'h2'] as const)('over %s', (protocol) => {
    const post = (path: string, fields: Fields) =>
      protocol === 'h2'
        ? exchange(bed, 'h2', http2Bytes(path, fields))
        : exchange(bed, protocol, http1Text(path, fields));

    it('both Authorization headers reach the key manager, which refuses them', async () => {
      bed.keyManager.issued.splice(0);
      await post('/token', [formType, ['authorization', 'Basic YTpi'], ['authorization', 'Basic Yzpk']]);
      expect(bed.keyManager.issued.map(({ request }) => request.request?.authorization)).toEqual([
        'Basic YTpi, Basic Yzpk',
      ]);
    });

    it('two Content-Types are refused, and nobody is asked', async () => {
      bed.keyManager.issued.splice(0);
      const answer = await post('/token', [formType, ['content-type', 'application/json']]);
      expect(answer).toContain('The request has more than one Content-Type.');
      expect(bed.keyManager.issued).toEqual([]);
    });

    it('two Authorization headers open no API, whichever is good', async () => {
      for (const [one, other] of [
        ['Bearer t', 'Bearer x'],
        ['Bearer x', 'Bearer t'],
      ] as const) {
        const answer = await post('/petstore/1.0.0/pets', [
          ['authorization', one],
          ['authorization', other],
        ]);
        expect(answer).toContain('900901');
        expect(answer).not.toContain('backend');
      }
    });
  });
});

function http1Text(path: string, fields: Fields): Buffer {
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n${lines}content-length: ${body.length}\r\n\r\n${body}`,
  );
}

function http2Bytes(path: string, fields: Fields): Buffer {
  const all: Fields = [
    [':method', 'POST'],
    [':scheme', 'https'],
    [':path', path],
    [':authority', 'localhost'],
    ...fields,
  ];
  // Literal fields without indexing, short strings without Huffman coding (RFC 7541 §6.2.2).
  const block = Buffer.concat(all.flatMap(([name, value]) => [Buffer.from([0]), short(name), short(value)]));
  return Buffer.concat([
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    frame(4, 0, 0, Buffer.alloc(0)),
    frame(1, 0x4, 1, block),
    frame(0, 0x1, 1, Buffer.from(body)),
  ]);
}

const short = (text: string) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from([0, payload.length >> 8, payload.length & 255, type, flags, 0, 0, 0, stream]),
    payload,
  ]);
}

/** What came back until the connection closed or stream 1 ended. */
function exchange(bed: TestBed, protocol: string, bytes: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(
      { port: bed.gateway.ports.https, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: [protocol] },
      () => socket.write(bytes),
    );
    let received = Buffer.alloc(0);
    socket.on('error', reject);
    socket.on('close', () => resolve(received.toString('latin1')));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (protocol === 'h2' && hasEnded(received)) socket.destroy();
    });
  });
}

/** Whether a frame of stream 1 has said END_STREAM. */
function hasEnded(bytes: Buffer): boolean {
  for (let at = 0; at + 9 <= bytes.length; at += 9 + bytes.readUIntBE(at, 3)) {
    const [type, flags, stream] = [bytes[at + 3], bytes[at + 4] ?? 0, bytes.readUInt32BE(at + 5)];
    if (stream === 1 && (type === 3 || (type !== 8 && (flags & 1) === 1))) return true;
  }
  return false;
}
