import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Connection } from './connection.mjs';

/** A server that says this to whatever it is asked, in pieces of so many bytes. */
async function serverThatSays(text: string, pieceLength: number): Promise<{ server: Server; port: number }> {
  const server = createServer((socket) => {
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('data', async () => {
      for (let at = 0; at < text.length; at += pieceLength) {
        socket.write(text.slice(at, at + pieceLength));
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as { port: number }).port };
}

describe('a connection of the load generator', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  async function ask(text: string, expected: { status: number; body?: string }, pieceLength = 7) {
    const { server, port } = await serverThatSays(text, pieceLength);
    servers.push(server);
    const connection = await Connection.open({ port }, expected);
    const problem = await new Promise<Error | undefined>((resolve) =>
      connection.send('GET / HTTP/1.1\r\n\r\n', (error: Error | undefined) => resolve(error)),
    );
    connection.close();
    return problem?.message;
  }

  it.each([
    ['with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'],
    ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n'],
  ])('reads an answer %s to its end', async (_, text) => {
    expect(await ask(text, { status: 200, body: 'hello' })).toBeUndefined();
    expect(await ask(text, { status: 200, body: 'hello' }, 1_000)).toBeUndefined();
  });

  it('says which answer was not as expected', async () => {
    expect(await ask('HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\nno', { status: 200 })).toBe('answered 503 no');
    const other = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno';
    expect(await ask(other, { status: 200, body: 'yes' })).toBe('answered 200 no');
  });
});
