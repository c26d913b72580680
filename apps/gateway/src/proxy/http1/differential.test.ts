import { Agent, request as nodeRequest } from 'node:http';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Http1Connection } from './connection.js';
import { Deadlines } from './deadlines.js';

/** What a reader made of the bytes a backend sent before it closed. */
type Reading =
  | { readonly status: number; readonly headers: string[]; readonly body: string; readonly isWhole: boolean }
  | 'refused';

/** A connection whose other end sends these pieces once it has been written to, and closes. */
class Replay extends Duplex {
  #hasAnswered = false;

  constructor(private readonly pieces: readonly Buffer[]) {
    super();
    // What `Socket` has and a reader calls.
    Object.assign(this, {
      setTimeout: () => this,
      setNoDelay: () => this,
      setKeepAlive: () => this,
      ref: () => this,
      unref: () => this,
    });
  }

  override _write(_chunk: unknown, _encoding: BufferEncoding, done: () => void): void {
    done();
    if (this.#hasAnswered) return;
    this.#hasAnswered = true;
    this.#sendFrom(0);
  }

  /** One piece in each turn of the event loop, as they come from a network. */
  #sendFrom(index: number): void {
    setImmediate(() => {
      this.push(this.pieces[index] ?? null);
      if (index < this.pieces.length) this.#sendFrom(index + 1);
    });
  }

  override _read(): void {}
}

/** llhttp, by way of Node's own client. */
function readByNode(pieces: readonly Buffer[], method: string): Promise<Reading> {
  return new Promise((resolve) => {
    const agent = Object.assign(new Agent(), { createConnection: () => new Replay(pieces) });
    const request = nodeRequest({ method, path: '/', host: 'h', agent });
    request.on('error', () => resolve('refused'));
    request.on('response', (response) => {
      let body = '';
      response.setEncoding('latin1');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      const end = () =>
        resolve({ status: response.statusCode ?? 0, headers: response.rawHeaders, body, isWhole: response.complete });
      response.on('end', end);
      response.on('error', end);
      response.on('close', end);
    });
    request.end();
  });
}

const deadlines = new Deadlines();

function readByUs(pieces: readonly Buffer[], method: string): Promise<Reading> {
  return new Promise((resolve) => {
    const socket = new Replay(pieces);
    const owner = {
      host: 'h',
      deadlines,
      bodyTimeoutMillis: 1_000,
      released: () => socket.destroy(),
      closed: () => undefined,
    };
    let status = 0;
    let headers: string[] = [];
    let body = '';
    const end = (isWhole: boolean) => resolve(status === 0 ? 'refused' : { status, headers, body, isWhole });
    const connection = new Http1Connection(socket as unknown as Socket, owner, true, 1_000, {
      request: { method, path: '/', headers: [], body: null, headersTimeout: 1_000 },
      handler: {
        onConnect: () => undefined,
        onHeaders: (code, raw) => {
          status = code;
          headers = raw;
        },
        onData: (chunk) => {
          body += chunk.toString('latin1');
          return true;
        },
        onComplete: (_, last) => {
          body += last?.toString('latin1') ?? '';
          end(true);
        },
        onError: () => end(false),
      },
    });
    socket.on('data', (chunk: Buffer) => connection.read(chunk, chunk.length));
    connection.connected();
  });
}

const crlf = fc.oneof({ weight: 30, arbitrary: fc.constant('\r\n') }, fc.constantFrom('\n', '\r', '\r\r\n', '\n\r'));
const rarely = <T>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<T>) => fc.oneof({ weight: 12, arbitrary: usual }, odd);
const bytes = fc.string({
  maxLength: 6,
  unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
});

const statusLine = rarely(
  fc.constantFrom(
    'HTTP/1.1 200 OK',
    'HTTP/1.1 404 Not Found',
    'HTTP/1.1 204 No Content',
    'HTTP/1.1 304 X',
    'HTTP/1.0 200 OK',
    'HTTP/1.1 500',
  ),
  fc.oneof(
    fc.constantFrom(
      'HTTP/1.1 100 Continue',
      'HTTP/1.1 103 Hints',
      'HTTP/2.0 200 OK',
      'HTTP/1.1  200 OK',
      'http/1.1 200 OK',
      'HTTP/1.1 99 X',
      'HTTP/1.12 200 OK',
      '',
    ),
    bytes,
  ),
);

const headerLine = rarely(
  fc.constantFrom(
    'Content-Length: 3',
    'Content-Length: 0',
    'Transfer-Encoding: chunked',
    'Connection: close',
    'Connection: keep-alive',
    'X-A: b',
    'Set-Cookie: a=b',
    'Keep-Alive: timeout=5',
  ),
  fc.oneof(
    fc.constantFrom(
      'Content-Length: 5',
      'content-length: 3',
      'Content-Length: +3',
      'Content-Length: 3, 3',
      'Content-Length: 0x3',
      'Content-Length : 3',
      'Content-Length:',
      'Transfer-Encoding: gzip, chunked',
      'Transfer-Encoding: chunked, chunked',
      'Transfer-Encoding: identity',
      'Transfer-Encoding: \x0bchunked',
      'transfer-encoding:chunked',
      ' folded',
      'no colon',
      ': no name',
      'X: \x00',
      'X\x7f: y',
      'Upgrade: x',
    ),
    bytes,
  ),
);

const body = rarely(
  fc.constantFrom('', 'abc', '3\r\nabc\r\n0\r\n\r\n', '1;x=y\r\na\r\n2\r\nbc\r\n0\r\nX: y\r\n\r\n', '0\r\n\r\n'),
  fc.oneof(
    fc.constantFrom(
      'ab',
      'abcd',
      '3\r\nab',
      '3\r\nabcd\r\n0\r\n\r\n',
      '+3\r\nabc\r\n0\r\n\r\n',
      '3 \r\nabc\r\n0\r\n\r\n',
      '3\nabc\n0\n\n',
      '0x3\r\nabc\r\n0\r\n\r\n',
      '0\r\nbad trailer\r\n\r\n',
      'abcHTTP/1.1 200 OK\r\n\r\n',
    ),
    bytes,
  ),
);

const answer = fc
  .tuple(statusLine, fc.array(headerLine, { maxLength: 4 }), crlf, crlf, body)
  .map(([first, lines, end, last, rest]) => [first, ...lines].join(end) + end + last + rest);

function inPieces(text: string, at: readonly number[]): Buffer[] {
  const whole = Buffer.from(text, 'latin1');
  const cuts = [0, ...at.map((n) => n % (whole.length + 1)).sort((a, b) => a - b), whole.length];
  return cuts.slice(1).flatMap((end, i) => (end > (cuts[i] as number) ? whole.subarray(cuts[i], end) : []));
}

/**
 * Whatever both readers take, they take the same way; and we take nothing that llhttp refuses. The other way round is
 * wanted: where the RFC lets a reader choose, this one refuses.
 */
it('reads answers as llhttp does, or refuses them', async () => {
  await fc.assert(
    fc.asyncProperty(
      answer,
      fc.array(fc.nat(200), { maxLength: 3 }),
      fc.constantFrom('GET', 'HEAD'),
      async (text, cuts, method) => {
        const pieces = inPieces(text, cuts);
        const [ours, theirs] = await Promise.all([readByUs(pieces, method), readByNode(pieces, method)]);
        if (ours === 'refused' || !ours.isWhole || isDeepStrictEqual(ours, theirs)) return;
        // Bytes behind a whole answer end the connection here; llhttp may refuse the answer with them.
        for (let end = 0; end <= text.length; end++) {
          if (isDeepStrictEqual(ours, await readByNode([Buffer.from(text.slice(0, end), 'latin1')], method))) return;
        }
        expect(theirs).toEqual(ours);
      },
    ),
    { numRuns: Number(process.env.FUZZ_RUNS ?? 1_500) },
  );
}, 60_000);

it('takes the answers of honest backends', async () => {
  const honest = [
    'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
    'HTTP/1.0 200 OK\r\n\r\nabc',
    'HTTP/1.1 103 Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc',
  ];
  for (const text of honest) {
    for (let cut = 0; cut < text.length; cut++) {
      const reading = await readByUs(inPieces(text, [cut]), 'GET');
      expect(reading).toMatchObject({ status: 200, body: 'abc', isWhole: true });
    }
  }
});
