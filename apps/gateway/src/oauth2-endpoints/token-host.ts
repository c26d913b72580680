import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { correlationOf, type Logger, nestLogger } from '@keygate/common/logging';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import { type CorsDefaults, usualCors } from '../apis/compile-cors.js';
import { appModule } from '../app.module.js';
import type { GatewayIdentity } from '../identity/gateway-identity.js';
import { countHeader } from '../pipeline/header-lines.js';
import { refusal, send } from './answers.js';
import { callerAddress, noteCaller } from './caller-address.js';
import { assertUtf8, isCoded } from './client-request.js';
import { DirectTokenRequests } from './direct-token-requests.js';
import type { RevokedTokens, TokenIssuer } from './key-manager-port.js';
import { noteAddress } from './own-address.js';
import { TokenCors } from './token-cors.js';

export interface TokenHostOptions {
  readonly issuer: TokenIssuer;
  readonly tokens: RevokedTokens;
  readonly identity: GatewayIdentity;
  readonly logger: Logger;
  readonly maxBodyBytes: number;
  readonly allowInsecureTokenRequests: boolean;
  /** Our URL that a Host header means; absent: no DPoP proofs are taken. */
  readonly ownUrlFor?: (host: string | undefined) => string | undefined;
  /** Who may say whose request it is; absent: nobody. */
  readonly isTrustedProxy?: ((address: string) => boolean) | undefined;
  /** Which pages may call; absent: any. */
  readonly cors?: CorsDefaults;
  /** Hears of every answer once it is out. */
  readonly onAnswered: (answered: AnsweredRequest) => void;
}

export interface AnsweredRequest {
  readonly correlationId: string;
  readonly clientAddress: string;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** The path of the endpoint that answered, empty when none did. */
  readonly endpoint: string;
  readonly status: number;
  /** Milliseconds of `performance.now()`. */
  readonly startedAt: number;
}

export interface TokenHost {
  handle(request: IncomingMessage, response: ServerResponse): void;
  close(): Promise<void>;
}

/** The Nest application behind the token endpoints. It listens nowhere: the gateway's own listeners hand it requests. */
export async function createTokenHost(options: TokenHostOptions): Promise<TokenHost> {
  const adapter = new FastifyAdapter({
    loggerInstance: options.logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'correlationId' }),
    bodyLimit: options.maxBodyBytes,
    genReqId: (request: IncomingMessage) => correlationOf(request.headers),
    return503OnClosing: false,
  });
  const app = await NestFactory.create<NestFastifyApplication>(
    appModule(options.issuer, options.tokens, options.identity),
    adapter,
    {
      logger: nestLogger(options.logger),
      bodyParser: false,
      abortOnError: false,
    },
  );
  const fastify = adapter.getInstance() as unknown as FastifyInstance;
  takeForms(fastify);
  fastify.addHook('onRequest', async (request, reply) => void reply.header('activityid', request.id));
  refuseEarly(fastify, options.allowInsecureTokenRequests);
  fastify.addHook('onSend', async (_request, reply) => spellNames(reply));
  fastify.addHook('onResponse', async (request, reply) => options.onAnswered(answeredRequest(request, reply)));
  await app.init();
  await fastify.ready();
  const cors = new TokenCors(options.cors ?? usualCors);
  const direct = new DirectTokenRequests({
    ...options,
    reasonToRefuse: (request) => reasonToRefuse(request, options.allowInsecureTokenRequests),
  });
  return {
    handle: (request, response) => {
      const startedAt = performance.now();
      const path = pathOf(request);
      if (options.isTrustedProxy !== undefined) noteCaller(request, options.isTrustedProxy);
      if (cors.answers(request, response, path)) return options.onAnswered(preflightOf(request, path, startedAt));
      if (request.headers.dpop !== undefined) {
        noteAddress(request, options.ownUrlFor?.(request.headers.host ?? hostOfHttp2(request)));
      }
      if (!direct.take(request, response)) fastify.routing(request, response);
    },
    close: () => app.close(),
  };
}

/** Fastify writes all names in lower case; clients of WSO2 look for these as they are written in the books. */
const spelledNames = ['WWW-Authenticate', 'Location'] as const;

function spellNames(reply: FastifyReply): void {
  for (const name of spelledNames) {
    const value = reply.getHeader(name);
    if (value === undefined) continue;
    reply.removeHeader(name);
    reply.raw.setHeader(name, value);
  }
}

const pathOf = ({ url = '' }: IncomingMessage) => url.split('?', 1)[0] ?? '';

function preflightOf(request: IncomingMessage, path: string, startedAt: number): AnsweredRequest {
  return {
    correlationId: correlationOf(request.headers),
    clientAddress: callerAddress(request),
    method: 'OPTIONS',
    path,
    endpoint: path,
    status: 200,
    startedAt,
  };
}

const hostOfHttp2 = ({ headers }: IncomingMessage) => headers[':authority'] as string | undefined;

/** Only forms, and as bytes: the parser is ours (RFC 6749 App. B). Any other media type is 415 by Fastify. */
function takeForms(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, body: Buffer) => {
      assertUtf8(request.headers['content-type']);
      return body;
    },
  );
}

/** What is refused before the body is read. */
function refuseEarly(fastify: FastifyInstance, allowInsecureTokenRequests: boolean): void {
  fastify.addHook('onRequest', async (request, reply) => {
    const description = reasonToRefuse(request.raw, allowInsecureTokenRequests);
    const status = description === insecure ? 403 : 400;
    if (description !== undefined) send(reply, { ...refusal(status, description), endsConnection: true });
    else if (isCoded(request.raw)) send(reply, { ...refusal(415, coded), endsConnection: true });
    else return undefined;
    return reply;
  });
}

const coded = 'The body must have no content coding.';
// Answered, never redirected: a client that follows would have sent its password in clear text already.
const insecure = 'Token requests are answered on the HTTPS port only.';

function reasonToRefuse(raw: IncomingMessage, allowInsecureTokenRequests: boolean): string | undefined {
  // Node takes a line without a version for HTTP/0.9; and a 1.0 hop in front may have framed the body in another way.
  if (raw.httpVersionMajor < 1 || (raw.httpVersion === '1.0' && raw.headers['transfer-encoding'] !== undefined)) {
    return 'The HTTP version does not allow this framing.';
  }
  if (countHeader(raw.rawHeaders, 'host') > 1) return 'The request has more than one Host.';
  // Node keeps the first without a word; whoever stands in front may have read the body by the other.
  if (countHeader(raw.rawHeaders, 'content-type') > 1) return 'The request has more than one Content-Type.';
  if (!allowInsecureTokenRequests && !(raw.socket as TLSSocket).encrypted) return insecure;
  return undefined;
}

function answeredRequest(request: FastifyRequest, reply: FastifyReply): AnsweredRequest {
  return {
    correlationId: request.id,
    clientAddress: callerAddress(request.raw),
    method: request.method,
    path: request.url.split('?', 1)[0] ?? '',
    endpoint: request.routeOptions.url ?? '',
    status: reply.statusCode,
    startedAt: performance.now() - reply.elapsedTime,
  };
}
