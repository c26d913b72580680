import { createServer, request, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endWith } from './whole-answer.js';

const body = 'gr\xfc\xdfe';
let answer: (response: ServerResponse) => void;
const server = createServer((_, response) => answer(response));
let port: number;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

/** All that comes back for two requests on one connection. */
function exchange(method: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('close', () => resolve(text));
    const head = `${method} / HTTP/1.1\r\nHost: x\r\n`;
    socket.write(`${head}\r\n${head}Connection: close\r\n\r\n`);
  });
}

const bytes = (text: string) => Buffer.from(text, 'latin1');

describe('an answer that is whole', () => {
  it('goes out as it is, and the connection stays good for the next', async () => {
    answer = (response) => {
      response.writeHead(200, ['Content-Length', String(body.length), 'X-A', 'b']);
      endWith(response, bytes(body));
    };
    const text = await exchange('GET');
    expect(text.match(/HTTP\/1\.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n(?:.+\r\n)+\r\ngr\xfc\xdfe/g)).toHaveLength(
      2,
    );
    expect(text.endsWith(body)).toBe(true);
  });

  it('is written once', async () => {
    let writes = 0;
    answer = (response) => {
      const { socket } = response;
      if (socket === null) throw new Error('no socket');
      const write = socket.write.bind(socket);
      socket.write = ((...given: Parameters<typeof write>) => {
        writes++;
        return write(...given);
      }) as typeof socket.write;
      response.writeHead(200, ['Content-Length', '5']);
      endWith(response, bytes(body));
      expect(response.writableEnded).toBe(true);
    };
    await new Promise((resolve) => {
      request({ port, host: '127.0.0.1', agent: false }, (incoming) => incoming.resume().on('end', resolve)).end();
    });
    expect(writes).toBe(1);
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ['in chunks', (response) => response.writeHead(200, ['X-A', 'b'])],
    ['behind an earlier piece', (response) => response.writeHead(200, ['Content-Length', '10']).write('first')],
    ['of many bytes', (response) => response.writeHead(200, ['Content-Length', '20000'])],
  ])('takes the usual way %s', async (what, begin) => {
    const last = what.includes('many') ? 'x'.repeat(20_000) : body;
    answer = (response) => {
      begin(response);
      endWith(response, bytes(last));
    };
    const received = await new Promise<string>((resolve) => {
      request({ port, host: '127.0.0.1', agent: false }, (incoming) => {
        let text = '';
        incoming.setEncoding('latin1').on('data', (chunk: string) => {
          text += chunk;
        });
        incoming.on('end', () => resolve(text));
      }).end();
    });
    expect(received.endsWith(last)).toBe(true);
  });

  it('is seen by whoever looks at it on its way', async () => {
    const seen: unknown[] = [];
    answer = (response) => {
      const end = response.end.bind(response);
      response.end = ((chunk: string, encoding: BufferEncoding) => {
        seen.push(chunk);
        return end(chunk, encoding);
      }) as typeof response.end;
      response.writeHead(200, ['Content-Length', '5', 'Connection', 'close']);
      endWith(response, bytes(body));
    };
    await exchange('GET');
    expect(seen[0]).toBe(body);
  });
});
