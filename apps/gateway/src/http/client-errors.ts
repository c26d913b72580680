import { type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type FaultName, faults } from '../pipeline/gateway-errors.js';

const reasons: Readonly<Record<string, FaultName>> = {
  HPE_HEADER_OVERFLOW: 'headTooLarge',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'chunkExtensionsTooLarge',
  ERR_HTTP_REQUEST_TIMEOUT: 'requestTimedOut',
};

/** What is no HTTP is told so and cut off; nothing of it is read further. */
export function answerClientErrors(server: Server): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (error.code === 'ECONNRESET' || !socket.writable || hasBegunAnswer(socket)) {
      socket.destroy();
      return;
    }
    socket.end(answerFor(reasons[error.code ?? ''] ?? 'badRequest'));
    // One that does not read must not hold its socket either.
    (socket as Socket).setTimeout?.(1_000, () => socket.destroy());
  });
}

/** There is no request to make an answer for, so it is written by hand. */
function answerFor(fault: FaultName): string {
  const { status, code, message, description } = faults[fault];
  const body = JSON.stringify({ code, message, description });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    'Content-Type: application/json; charset=UTF-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}

/** Bytes in the middle of another answer would be taken for a part of it. */
const hasBegunAnswer = (socket: Duplex) => answerUnderWay(socket)?.headersSent === true;

/** Node keeps the answer a connection is busy with on the socket, and says so nowhere else. */
export function answerUnderWay(socket: Duplex): ServerResponse | undefined {
  return (socket as Duplex & { _httpMessage?: ServerResponse | null })._httpMessage ?? undefined;
}
