import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { AuthorizationServer } from '../authorization-server.js';
import type { ClientRequest } from '../oauth2/client-request.js';
import { OAuthError, toOAuthError } from '../oauth2/errors.js';
import type { Parameter } from '../oauth2/parameters.js';
import { maxBodyBytes, readFormBody, readJsonBody } from '../oauth2/request-body.js';
import type { Callers } from '../operations/callers.js';
import { readClientRequests } from './client-request.js';
import {
  deviceAnswer,
  errorAnswer,
  grantedAnswer,
  type HttpAnswer,
  introspectionAnswer,
  noStore,
  pushedAnswer,
  revokedAnswer,
} from './oauth2-answers.js';
import { assertPlainBody } from './plain-body.js';

/** `/oauth2/*`: form or JSON in, JSON out, and no rules (they live in `oauth2/`). */
export function oauth2Plugin(
  server: Omit<AuthorizationServer, 'validateToken'>,
  callers: Callers,
  origin?: string,
): FastifyPluginAsync {
  const edge: Edge = { callers, clientRequest: readClientRequests(origin) };
  const token = async (request: ClientRequest) => grantedAnswer(await server.issueToken(request));
  const introspect = async (request: ClientRequest) => introspectionAnswer(await server.introspectToken(request));
  const revoke = async (request: ClientRequest): Promise<HttpAnswer> => {
    await server.revokeToken(request);
    return revokedAnswer;
  };
  const device = async (request: ClientRequest) => deviceAnswer(await server.authorizeDevice(request));
  const push = async (request: ClientRequest) => pushedAnswer(await server.pushAuthorization(request));
  return async (fastify) => {
    readBodies(fastify);
    fastify.setErrorHandler((error, request, reply) => refuse(error, request, reply));
    const post = (url: string, answer: Answering) => register(fastify, edge, url, answer);
    post('/oauth2/token', token);
    post('/oauth2/revoke', revoke);
    for (const url of ['/oauth2/device_authorize', '/oauth2/device_authorization']) post(url, device);
    post('/oauth2/par', push);
    post('/oauth2/introspect', introspect);
    post('/t/:tenant/oauth2/introspect', introspect);
    for (const url of ['/oauth2/userinfo', '/t/:tenant/oauth2/userinfo']) registerUserInfo(fastify, edge, url, server);
  };
}

type Answering = (request: ClientRequest) => Promise<HttpAnswer>;

interface Edge {
  readonly callers: Callers;
  readonly clientRequest: (request: FastifyRequest) => ClientRequest;
}

function register(fastify: FastifyInstance, { callers, clientRequest }: Edge, url: string, answer: Answering): void {
  fastify.post(url, async (request, reply) => {
    const isGone = () => request.raw.socket.destroyed;
    return send(reply, await callers.during(isGone, () => answer(clientRequest(request))));
  });
  fastify.route({
    method: ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'],
    url,
    exposeHeadRoute: false,
    // Before the body is read: whatever it is, the method is wrong.
    onRequest: async (_request, reply) =>
      send(reply.header('allow', 'POST'), {
        status: 405,
        headers: noStore,
        body: { error_description: 'Use POST.', error: 'invalid_request' },
      }),
    handler: () => undefined,
  });
}

/** OpenID Connect Core §5.3.1: GET, or POST with a form. Pages of any origin may ask; who asks shows a token, no cookie. */
function registerUserInfo(
  fastify: FastifyInstance,
  { callers, clientRequest }: Edge,
  url: string,
  server: Pick<AuthorizationServer, 'userInfo'>,
): void {
  fastify.route({
    method: ['GET', 'POST'],
    url,
    onRequest: async (_request, reply) => void reply.header('access-control-allow-origin', '*'),
    handler: async (request, reply) => {
      const isGone = () => request.raw.socket.destroyed;
      const body = await callers.during(isGone, () => server.userInfo(clientRequest(request)));
      return send(reply, { status: 200, headers: noStore, body });
    },
  });
  fastify.options(url, (_request, reply) =>
    reply
      .code(204)
      .headers({
        'access-control-allow-origin': '*',
        'access-control-allow-methods': 'GET, POST',
        'access-control-allow-headers': 'Authorization, DPoP',
        allow: 'GET, HEAD, POST, OPTIONS',
      })
      .send(),
  );
}

/**
 * The two media types with a meaning here (RFC 6749 App. B; WSO2 clients send JSON too), by their exact names. Any other
 * one is 415 by Fastify, which also holds bodies to the limit: 413.
 */
function readBodies(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  const parser = (read: (body: Buffer) => Parameter[]) => (request: FastifyRequest, body: Buffer) => {
    assertPlainBody(request.headers);
    return Promise.resolve(read(body));
  };
  const options = { parseAs: 'buffer', bodyLimit: maxBodyBytes } as const;
  fastify.addContentTypeParser('application/x-www-form-urlencoded', options, parser(readFormBody));
  fastify.addContentTypeParser('application/json', options, parser(readJsonBody));
}

/** What the client is not told: which part of its proof was wrong. */
const reasonOf = ({ cause, description }: OAuthError) => (cause instanceof Error ? cause.message : description);

function refuse(thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = transportFault(thrown) ?? toOAuthError(thrown);
  if (error.status >= 500) request.log.error({ err: error.cause ?? error, status: error.status }, error.error);
  else request.log.debug({ error: error.error, reason: reasonOf(error) }, 'refused');
  return send(reply, errorAnswer(error));
}

/** Fastify's own refusals of a request (413, 415, 400), as RFC 6749 §5.2 names them. */
function transportFault(thrown: unknown): OAuthError | undefined {
  if (thrown instanceof OAuthError || !(thrown instanceof Error) || !('statusCode' in thrown)) return undefined;
  const description = typeof thrown.statusCode === 'number' ? transportFaults[thrown.statusCode] : undefined;
  return description === undefined
    ? undefined
    : new OAuthError('invalid_request', description, thrown.statusCode as number, { cause: thrown });
}

const transportFaults: Readonly<Record<number, string>> = {
  400: 'The request body cannot be read.',
  413: 'The request body is too large.',
  415: 'The body must be application/x-www-form-urlencoded or application/json.',
};

function send(reply: FastifyReply, { status, headers, body }: HttpAnswer): FastifyReply {
  return reply.code(status).headers(headers).type('application/json').send(JSON.stringify(body));
}
