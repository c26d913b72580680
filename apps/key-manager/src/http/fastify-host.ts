import type { RequestListener } from 'node:http';
import { correlationOf, type Logger } from '@keygate/common/logging';
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  LogController,
} from 'fastify';
import type { HttpsServer } from './https-server.js';

const securityHeaders = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
};

export interface FastifyHost {
  readonly fastify: FastifyInstance;
  /** Lets requests in, once every route is there. */
  open(): void;
}

/**
 * The Fastify instance behind the HTTPS listener: correlation, security headers, the refusals that no route can make.
 * Routes come as plugins with parsers and error bodies of their own; what reaches the root has matched none.
 */
export function createFastifyHost(https: HttpsServer, logger: Logger): FastifyHost {
  let handler: RequestListener | undefined;
  const host = fastify({
    loggerInstance: logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'correlationId' }),
    genReqId: (request) => correlationOf(request.headers),
    serverFactory: (routed) => {
      handler = routed;
      return https.server;
    },
    // Answers 400 for what the router cannot decode; without it Fastify sends a body of its own shape.
    frameworkErrors: (_error, request, reply) => {
      reply.headers(securityHeaders);
      send(reply, 400, 'Bad Request', 'The request target cannot be read', request.id);
    },
  });
  host.addHook('onRequest', async (request, reply) => {
    reply.headers(securityHeaders).header('activityid', request.id);
    const fault = faultOf(request);
    if (fault) return send(reply, 400, 'Bad Request', fault, request.id);
    return undefined;
  });
  host.addHook('onResponse', async (request, reply) => {
    // The route's pattern rather than the target: a token may be in the query by mistake.
    const { method, routeOptions } = request;
    const facts = {
      method,
      route: routeOptions.url ?? 'none',
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
    };
    request.log.info(facts, 'answered');
  });
  return { fastify: host, open: () => handler && https.handle(handler) };
}

/** Framing that two servers could read differently (RFC 9112 §3.2), refused before any route looks at it. */
function faultOf({ raw }: FastifyRequest): string | undefined {
  // Node takes a line without a version for HTTP/0.9; and a 1.0 hop in front may have framed the body in another way.
  if (raw.httpVersionMajor < 1 || (raw.httpVersion === '1.0' && raw.headers['transfer-encoding'] !== undefined)) {
    return 'The HTTP version does not allow this framing';
  }
  if ((raw.headersDistinct.host?.length ?? 0) > 1) return 'The request has more than one Host';
  // Node keeps the first without a word; whoever stands in front may have read the body by the other.
  if ((raw.headersDistinct['content-type']?.length ?? 0) > 1) return 'The request has more than one Content-Type';
  if (!raw.url?.startsWith('/')) return 'The request target must be a path';
  return undefined;
}

/** The answer where no route matched and for errors outside of the routes. */
export function send(
  reply: FastifyReply,
  code: number,
  message: string,
  description: string,
  id: string,
): FastifyReply {
  return reply
    .code(code)
    .header('activityid', id)
    .type('application/json')
    .send(JSON.stringify({ code, message, description, moreInfo: '', error: [] }));
}
