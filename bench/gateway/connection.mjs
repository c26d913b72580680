import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';

const headEnd = Buffer.from('\r\n\r\n');
const empty = Buffer.alloc(0);

/**
 * One keep-alive connection that has one request under way. Every answer is read to its end and compared: a fast error
 * is no speed. Written here because a client library costs more than the servers that it would measure.
 */
export class Connection {
  #socket;
  #pending = empty;
  #onAnswer;
  #expected;

  constructor(socket, expected) {
    this.#socket = socket;
    this.#expected = expected;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#read(chunk));
    const lost = (error) => this.#end(new Error(`the connection was lost: ${error?.message ?? 'closed'}`));
    socket.on('error', lost);
    socket.on('close', () => lost());
  }

  static open({ host = '127.0.0.1', port, ca }, expected) {
    return new Promise((resolve, reject) => {
      const socket = ca ? connectTls({ host, port, ca, servername: 'localhost' }) : connect({ host, port });
      socket.once('error', reject);
      socket.once(ca ? 'secureConnect' : 'connect', () => {
        socket.off('error', reject);
        resolve(new Connection(socket, expected));
      });
    });
  }

  /** `onAnswer(error, answer)` is called once. */
  send(text, onAnswer) {
    this.#onAnswer = onAnswer;
    this.#socket.write(text, 'latin1');
  }

  close() {
    this.#onAnswer = undefined;
    this.#socket.removeAllListeners('close');
    this.#socket.destroy();
  }

  #read(chunk) {
    const bytes = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    let answer;
    try {
      answer = parse(bytes);
    } catch (error) {
      this.#end(error);
      return;
    }
    if (answer === undefined) {
      this.#pending = bytes;
      return;
    }
    this.#pending = empty;
    this.#end(this.#judge(answer), answer);
  }

  #judge({ status, body }) {
    const { status: wanted, body: text } = this.#expected ?? {};
    if (wanted === undefined || (status === wanted && (text === undefined || body === text))) return undefined;
    return new Error(`answered ${status} ${body.slice(0, 200)}`);
  }

  #end(error, answer) {
    const onAnswer = this.#onAnswer;
    this.#onAnswer = undefined;
    onAnswer?.(error, answer);
  }
}

/** The one answer in these bytes; undefined while it is not whole. */
function parse(bytes) {
  const end = bytes.indexOf(headEnd);
  if (end < 0) return undefined;
  const head = bytes.latin1Slice(0, end);
  const status = Number(head.slice(9, 12));
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  const start = end + headEnd.length;
  if (length !== undefined) {
    const last = start + Number(length);
    return bytes.length < last ? undefined : { status, body: bytes.latin1Slice(start, last), head };
  }
  if (!/\r\ntransfer-encoding: *chunked/i.test(head)) return { status, body: '', head };
  const body = dechunked(bytes, start);
  return body === undefined ? undefined : { status, body, head };
}

function dechunked(bytes, start) {
  let body = '';
  for (let at = start; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(bytes.latin1Slice(at, lineEnd), 16);
    if (Number.isNaN(size)) throw new Error('an answer with malformed chunks');
    const next = lineEnd + 2 + size + 2;
    if (bytes.length < next) return undefined;
    if (size === 0) return body;
    body += bytes.latin1Slice(lineEnd + 2, lineEnd + 2 + size);
    at = next;
  }
}
