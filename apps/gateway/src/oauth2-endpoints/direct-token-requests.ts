import type { IncomingMessage, ServerResponse } from 'node:http';
import { correlationOf, type Logger } from '@keygate/common/logging';
import { faultAnswer, issueAnswer, noStore, type OAuthAnswer } from './answers.js';
import { callerAddress } from './caller-address.js';
import { clientRequestOf, isCoded } from './client-request.js';
import type { TokenIssuer } from './key-manager-port.js';
import type { AnsweredRequest } from './token-host.js';

export interface DirectTokenRequestsOptions {
  readonly issuer: TokenIssuer;
  readonly logger: Logger;
  readonly maxBodyBytes: number;
  /** Why a request is refused before its body is read; undefined when it is not. */
  readonly reasonToRefuse: (request: IncomingMessage) => string | undefined;
  readonly onAnswered: (answered: AnsweredRequest) => void;
}

const formTypes = new Set(['application/x-www-form-urlencoded', 'application/x-www-form-urlencoded;charset=utf-8']);
const path = '/token';

/**
 * Token requests as nearly every client sends them, past the framework, whose part was a quarter of what such a request
 * costs here (docs/adr/0019). It takes only what it can judge by the head; anything unusual it leaves to Fastify, and
 * the answers of both are the same.
 */
export class DirectTokenRequests {
  constructor(private readonly options: DirectTokenRequestsOptions) {}

  /** False: not taken, nothing was read. */
  take(request: IncomingMessage, response: ServerResponse): boolean {
    if (request.method !== 'POST' || request.url !== path) return false;
    const { 'content-type': type = '', 'content-length': length = '' } = request.headers;
    if (!formTypes.has(type) && !formTypes.has(type.toLowerCase().replaceAll(' ', ''))) return false;
    if (isCoded(request)) return false;
    const bytes = Number(length);
    if (length === '' || !(bytes <= this.options.maxBodyBytes)) return false;
    if (this.options.reasonToRefuse(request) !== undefined) return false;
    this.#read(request, response, bytes);
    return true;
  }

  #read(request: IncomingMessage, response: ServerResponse, bytes: number): void {
    const startedAt = performance.now();
    const chunks: Buffer[] = [];
    let received = 0;
    request.on('data', (chunk: Buffer) => {
      received += chunk.length;
      // The parser sees to it; a frame too many must not fill the memory all the same.
      if (received > bytes) request.destroy();
      else chunks.push(chunk);
    });
    // A client that leaves in the middle is nobody to answer.
    request.on('error', () => undefined);
    request.on('end', () => {
      const body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
      void this.#answer(request, response, { body, startedAt });
    });
  }

  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    { body, startedAt }: { body: Buffer | undefined; startedAt: number },
  ): Promise<void> {
    const correlationId = correlationOf(request.headers);
    // Asked for now: it is gone together with the connection.
    const clientAddress = callerAddress(request);
    let answer: OAuthAnswer;
    try {
      const form = clientRequestOf({ raw: request, method: 'POST', body });
      answer = issueAnswer(await this.options.issuer.issueToken(form, correlationId));
    } catch (thrown) {
      const failure = faultAnswer(thrown);
      answer = failure.answer;
      if (failure.fault) {
        this.options.logger[failure.fault]({ correlationId, err: thrown }, 'token request not answered');
      }
    }
    write(response, answer, correlationId);
    const { status } = answer;
    this.options.onAnswered({ correlationId, clientAddress, method: 'POST', path, endpoint: path, status, startedAt });
  }
}

function write(response: ServerResponse, { status, headers, body }: OAuthAnswer, correlationId: string): void {
  if (response.destroyed) return;
  const text = body === undefined ? '' : JSON.stringify(body);
  response.writeHead(status, {
    ...noStore,
    ...headers,
    activityid: correlationId,
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}
