import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { listening } from '../../proxy/test/gateway.js';

/** A frame as the backend received it, unmasked. */
export interface ReceivedFrame {
  readonly opcode: number;
  readonly isFinal: boolean;
  readonly payload: Buffer;
}

export type OnFrame = (frame: ReceivedFrame, socket: Socket, request: IncomingMessage) => void;

/** An unmasked frame. */
export function serverFrame(opcode: number, payload: Buffer | string, isFinal = true): Buffer {
  const body = Buffer.from(payload as string);
  const first = (isFinal ? 0x80 : 0) | opcode;
  if (body.length < 126) return Buffer.concat([Buffer.from([first, body.length]), body]);
  const head = Buffer.alloc(body.length < 65_536 ? 4 : 10);
  head[0] = first;
  head[1] = body.length < 65_536 ? 126 : 127;
  if (body.length < 65_536) head.writeUInt16BE(body.length, 2);
  else head.writeBigUInt64BE(BigInt(body.length), 2);
  return Buffer.concat([head, body]);
}

/** A WebSocket server by hand, written apart from the gateway's own code: what it accepts is what the RFC says. */
export class WebSocketBackend {
  readonly handshakes: IncomingMessage[] = [];
  readonly frames: ReceivedFrame[] = [];
  readonly sockets = new Set<Socket>();
  readonly #server: Server;
  port = 0;

  private constructor(private readonly onFrame: OnFrame) {
    this.#server = createServer((request, response) => {
      this.handshakes.push(request);
      response.writeHead(200).end('no handshake');
    });
    this.#server.on('upgrade', (request: IncomingMessage, socket: Socket) => this.#accept(request, socket));
  }

  static async start(onFrame: OnFrame = echo): Promise<WebSocketBackend> {
    const backend = new WebSocketBackend(onFrame);
    backend.port = await listening(backend.#server);
    return backend;
  }

  /** Codes of the close frames that came from clients. */
  get closeCodes(): number[] {
    const closing = this.frames.filter(({ opcode, payload }) => opcode === 8 && payload.length > 1);
    return closing.map(({ payload }) => payload.readUInt16BE(0));
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(request: IncomingMessage, socket: Socket): void {
    this.handshakes.push(request);
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => undefined);
    const { url = '' } = request;
    if (url.startsWith('/refuse')) {
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nX-From: backend\r\n\r\nno');
      return;
    }
    const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash('sha1').update(key).digest('base64');
    const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
    lines.push(`Sec-WebSocket-Accept: ${url.startsWith('/lie') ? accept.toLowerCase() : accept}`);
    if (request.headers['sec-websocket-protocol'] === 'chat') lines.push('Sec-WebSocket-Protocol: chat');
    if (url.startsWith('/extend')) lines.push('Sec-WebSocket-Extensions: x-unknown');
    if (url.startsWith('/compress')) lines.push('Sec-WebSocket-Extensions: permessage-deflate');
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    this.#read(request, socket);
  }

  #read(request: IncomingMessage, socket: Socket): void {
    let pending = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      for (let parsed = parseFrame(pending); parsed !== undefined; parsed = parseFrame(pending)) {
        pending = pending.subarray(parsed.length);
        this.frames.push(parsed.frame);
        this.onFrame(parsed.frame, socket, request);
      }
    });
    socket.on('end', () => socket.end());
  }
}

/** The first masked frame of the bytes. */
function parseFrame(bytes: Buffer): { readonly frame: ReceivedFrame; readonly length: number } | undefined {
  if (bytes.length < 2) return undefined;
  const short = (bytes[1] as number) & 0x7f;
  const extra = short === 126 ? 2 : short === 127 ? 8 : 0;
  if (bytes.length < 6 + extra) return undefined;
  const size = extra === 2 ? bytes.readUInt16BE(2) : extra === 8 ? Number(bytes.readBigUInt64BE(2)) : short;
  const start = 6 + extra;
  if (bytes.length < start + size) return undefined;
  const mask = bytes.subarray(2 + extra, start);
  const payload = Buffer.from(bytes.subarray(start, start + size));
  for (let i = 0; i < payload.length; i++) payload[i] = (payload[i] as number) ^ (mask[i % 4] as number);
  const first = bytes[0] as number;
  return { frame: { opcode: first & 15, isFinal: (first & 0x80) !== 0, payload }, length: start + size };
}

/** Sends back every frame, and a close frame with the same code. */
export function echo({ opcode, isFinal, payload }: ReceivedFrame, socket: Socket): void {
  if (opcode === 9) socket.write(serverFrame(10, payload));
  else if (opcode === 8) socket.end(serverFrame(8, payload));
  else socket.write(serverFrame(opcode, payload, isFinal));
}
