import { once } from 'node:events';
import { type TLSSocket, connect as tlsConnect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestBed, type TestBed } from './support/test-gateway.js';

let bed: TestBed;

beforeAll(async () => {
  bed = await startTestBed();
});

afterAll(() => bed.stop());

/** RFC 9113 section 4.1. */
function frame(type: number, flags: number, stream: number, payload = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

function h2Socket(): TLSSocket {
  const socket = tlsConnect({
    port: bed.gateway.ports.https,
    host: '127.0.0.1',
    rejectUnauthorized: false,
    ALPNProtocols: ['h2'],
  });
  socket.on('error', () => undefined);
  socket.resume();
  socket.write(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(4, 0, 0)]));
  return socket;
}

/** :method POST, :scheme https, :path /petstore/1.0.0/health (literal), :authority a. */
const requestHead = Buffer.concat([
  Buffer.from([0x83, 0x87, 0x44, 22]),
  Buffer.from('/petstore/1.0.0/health'),
  Buffer.from([0x41, 1, 0x61]),
]);
const openStream = frame(1, 0x04, 1, requestHead);

describe('a client that floods its HTTP/2 connection', () => {
  it.each<[string, Buffer, (index: number) => Buffer]>([
    ['with PING', Buffer.alloc(0), () => frame(6, 0, 0, Buffer.alloc(8))],
    ['with SETTINGS', Buffer.alloc(0), () => frame(4, 0, 0, Buffer.from([0, 4, 0, 1, 0, 0]))],
    ['with DATA that holds nothing', openStream, () => frame(0, 0, 1)],
    ['with CONTINUATION', frame(1, 0, 1, requestHead), () => frame(9, 0, 1, Buffer.from([0, 1, 0x61, 1, 0x62]))],
    [
      'with streams that it resets',
      Buffer.alloc(0),
      (index) =>
        Buffer.concat([
          frame(1, 0x05, 2 * index + 1, requestHead),
          frame(3, 0, 2 * index + 1, Buffer.from([0, 0, 0, 8])),
        ]),
    ],
  ])('%s is cut off, and nobody else notices', async (_, first, next) => {
    const before = process.memoryUsage().rss;
    const socket = h2Socket();
    socket.write(first);
    const closed = once(socket, 'close');
    for (let i = 0; i < 40_000 && !socket.destroyed && socket.writable; i++) {
      const isRoomLeft = socket.write(next(i));
      if (!isRoomLeft) await Promise.race([once(socket, 'drain').catch(() => undefined), closed]);
      if (i % 200 === 199) await new Promise((resolve) => setImmediate(resolve));
    }
    await closed;
    expect((await bed.call(undefined, '/petstore/1.0.0/health')).status).toBe(200);
    // Everything is in this process, the flood and the client too.
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
  });
});
