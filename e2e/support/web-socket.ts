import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** A connection that was accepted, and what it was sent. */
export interface WebSocketClient {
  readonly messages: string[];
  /** Code of the close frame; 1006 when there was none. */
  readonly closed: Promise<number>;
  send(text: string): void;
}

/** Status of the answer when it is not 101. */
export class Refused extends Error {
  constructor(readonly status: number) {
    super(`refused with ${status}`);
  }
}

export async function openWebSocket(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  ca?: Buffer,
): Promise<WebSocketClient> {
  const { protocol, hostname, port, pathname, search, host } = new URL(url);
  const to = { host: hostname, port: Number(port) };
  const socket: Socket = protocol === 'wss:' ? connectTls({ ...to, ca, servername: hostname }) : connect(to);
  const lines = [`GET ${pathname}${search} HTTP/1.1`, `Host: ${host}`, 'Connection: Upgrade', 'Upgrade: websocket'];
  lines.push('Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`);
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  let pending = Buffer.alloc(0);
  for (;;) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    pending = Buffer.concat([pending, chunk]);
    if (pending.includes('\r\n\r\n')) break;
  }
  const status = Number(pending.toString('latin1', 9, 12));
  if (status !== 101) {
    socket.destroy();
    throw new Refused(status);
  }
  return listened(socket, pending.subarray(pending.indexOf('\r\n\r\n') + 4));
}

function listened(socket: Socket, rest: Buffer): WebSocketClient {
  const messages: string[] = [];
  let pending = rest;
  let code = 1006;
  const read = () => {
    while (pending.length >= 2) {
      const length = (pending[1] as number) & 0x7f;
      if (pending.length < 2 + length) return;
      const payload = pending.subarray(2, 2 + length);
      if (((pending[0] as number) & 15) === 8) code = payload.readUInt16BE(0);
      else messages.push(payload.toString());
      pending = pending.subarray(2 + length);
    }
  };
  socket.on('data', (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    read();
  });
  socket.on('error', () => undefined);
  read();
  return {
    messages,
    closed: new Promise((resolve) => socket.on('close', () => resolve(code))),
    send: (text) => {
      const mask = randomBytes(4);
      const payload = Buffer.from(Buffer.from(text).map((byte, index) => byte ^ (mask[index % 4] as number)));
      socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | payload.length]), mask, payload]));
    },
  };
}

/** Sends back every short text it gets; keeps the targets of its handshakes. */
export async function startEcho() {
  const targets: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer();
  server.on('upgrade', (request, socket: Socket) => {
    targets.push(request.url ?? '');
    sockets.add(socket);
    const accept = createHash('sha1')
      .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    socket.on('error', () => undefined);
    socket.on('data', (frame) => {
      const length = (frame[1] as number) & 0x7f;
      const payload = frame.subarray(6, 6 + length).map((byte, index) => byte ^ (frame[2 + (index % 4)] as number));
      socket.write(Buffer.concat([Buffer.from([frame[0] as number, length]), payload]));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    targets,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
