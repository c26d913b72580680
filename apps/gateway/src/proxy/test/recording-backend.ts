import { createServer, type Server, type Socket } from 'node:net';
import { listening } from './gateway.js';

/** A backend on a bare socket that keeps every byte it is sent and answers each request head with literal bytes. */
export class RecordingBackend {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Everything received, per connection. */
  readonly connections: { received: string; closed: boolean }[] = [];
  port = 0;

  private constructor(private answer: (received: string, socket: Socket) => void) {
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** Answers `bytes` to every request; a function may write to the socket itself. */
  static async start(
    answer: string | ((received: string, socket: Socket) => void) = ok('hello'),
  ): Promise<RecordingBackend> {
    const reply =
      typeof answer === 'function' ? answer : (_: string, socket: Socket) => void socket.write(answer, 'latin1');
    const backend = new RecordingBackend(reply);
    backend.port = await listening(backend.#server);
    return backend;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** All bytes of all connections, in the order they came. */
  received = '';

  /** Request lines seen. */
  get requestLines(): string[] {
    return this.received.match(/^[A-Z]+ \S+ HTTP\/1\.1$/gm) ?? [];
  }

  /** Header lines of everything received, lower-case names. */
  header(name: string): string[] {
    const lines = this.received.split('\r\n').filter((line) => line.toLowerCase().startsWith(`${name}:`));
    return lines.map((line) => line.slice(name.length + 1).trim());
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: Socket): void {
    const connection = { received: '', closed: false };
    this.connections.push(connection);
    this.#sockets.add(socket);
    let answered = 0;
    socket.on('data', (chunk) => {
      connection.received += chunk.toString('latin1');
      this.received += chunk.toString('latin1');
      const heads = connection.received.match(/^[A-Z]+ \S+ HTTP\/1\.1\r\n(?:.+\r\n)*\r\n/gm)?.length ?? 0;
      if (heads <= answered) return;
      answered = heads;
      this.answer(connection.received, socket);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      connection.closed = true;
      this.#sockets.delete(socket);
    });
  }
}

export function ok(body: string, headers: readonly string[] = []): string {
  return ['HTTP/1.1 200 OK', `Content-Length: ${body.length}`, ...headers, '', body].join('\r\n');
}
