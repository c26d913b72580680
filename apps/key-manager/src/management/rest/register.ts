import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { isCoded } from '../../http/plain-body.js';
import type { AuditLog } from '../../oauth2/ports.js';
import { recordCall } from './audited.js';
import { type Authenticators, authenticate, type Sender } from './authenticate.js';
import type { Caller } from './caller.js';
import { readForm } from './multipart.js';
import { openApiDocument } from './openapi.js';
import { badRequest, misfit, toRestError, unsupportedMediaType, wso2ErrorBody } from './problem.js';
import { Answer, type Plane, type RestRequest, type Route } from './route.js';

const bodyLimitBytes = 1_048_576;

/** A plane as a Fastify plugin: its own parsers, its own error body, one handler per row of its table. */
export function restPlugin(plane: Plane, authenticators: Authenticators, auditLog: AuditLog): FastifyPluginAsync {
  return async (fastify) => {
    parseJson(fastify);
    parseForms(fastify);
    fastify.setErrorHandler((error, request, reply) => refuse(plane, error, request, reply));
    for (const route of plane.routes) register(fastify, plane, route, { ...authenticators, auditLog });
    const document = openApiDocument(plane);
    fastify.get(`${plane.prefix}/openapi.json`, () => document);
  };
}

/** JSON whatever the type says it is a kind of; an empty body is no body, whatever its type. */
function parseJson(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  const json = fastify.getDefaultJsonParser('error', 'error');
  fastify.addContentTypeParser<string>(
    /^application\/([\w.+-]+\+)?json\s*(;|$)/i,
    { parseAs: 'string' },
    (request, body, done) => {
      if (isCoded(request.headers['content-encoding'])) return done(unsupportedMediaType());
      if (body.trim() === '') return done(null, undefined);
      if (isTooDeep(body)) return done(badRequest('The body is nested too deeply'));
      return json(request, body, done);
    },
  );
  fastify.addContentTypeParser<Buffer>('*', { parseAs: 'buffer' }, (_request, body, done) =>
    body.length === 0 ? done(null, undefined) : done(unsupportedMediaType()),
  );
}

/** Forms, for the rows that say they take one and for no other. */
function parseForms(fastify: FastifyInstance): void {
  fastify.addContentTypeParser(
    /^multipart\/form-data\s*;/i,
    { parseAs: 'buffer' },
    async (request: FastifyRequest, body: Buffer) => {
      const { config } = request.routeOptions;
      const isCodedBody = isCoded(request.headers['content-encoding']);
      if (!('takesForms' in config) || isCodedBody) throw unsupportedMediaType();
      return readForm(request.headers['content-type'] ?? '', body);
    },
  );
}

const maxDepth = 64;

/** Deeply nested arrays would exhaust the stack of whoever walks them later. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (inString) {
      if (character === '\\') at++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '[' || character === '{') {
      depth++;
      if (depth > maxDepth) return true;
    } else if (character === ']' || character === '}') depth--;
  }
  return false;
}

type Around = Authenticators & { readonly auditLog: AuditLog };

function register(fastify: FastifyInstance, plane: Plane, route: Route, around: Around): void {
  const callers = new WeakMap<FastifyRequest, Caller>();
  fastify.route({
    method: route.method,
    url: plane.prefix + route.path.replace(/\{(\w+)\}/g, ':$1'),
    bodyLimit: route.multipart?.maxBytes ?? bodyLimitBytes,
    ...(route.multipart ? { config: { takesForms: true } } : {}),
    // Before the body is read, so that a stranger's upload costs nothing.
    onRequest: async (request) => {
      // A password check that waits for its turn is dropped when nobody waits for it any more.
      const caller = await around.callers.during(
        () => request.raw.socket.destroyed,
        () => authenticate(route.access, senderOf(request), around),
      );
      if (caller) callers.set(request, { ...caller, clientAddress: request.ip });
    },
    handler: async (request, reply) => {
      const caller = callers.get(request);
      const said = restRequest(route, request);
      const answer = await route.handle(caller as never, said as never);
      if (typeof route.audit === 'object') {
        await recordCall(around.auditLog, route.audit, { caller, clientAddress: request.ip }, said, answer);
      }
      return write(plane, route, answer, reply);
    },
  });
}

function senderOf(request: FastifyRequest): Sender {
  return { authorization: onlyAuthorization(request), clientAddress: request.ip };
}

/** Node would take the first of two without a word, and whoever stands in front may have looked at the other. */
export function onlyAuthorization({ raw: { headersDistinct } }: Pick<FastifyRequest, 'raw'>): string | undefined {
  const [authorization, ...more] = headersDistinct.authorization ?? [];
  if (more.length > 0) throw badRequest('The request has more than one Authorization header');
  return authorization;
}

function restRequest(route: Route, request: FastifyRequest): RestRequest<unknown, unknown, unknown> {
  return {
    parameters: request.params,
    query: fit('query', route.query, request.query),
    body: fit('body', route.body, request.body),
    header: (name) => [request.headers[name]].flat()[0],
  };
}

function fit(where: 'body' | 'query', schema: z.ZodType | undefined, given: unknown): unknown {
  if (!schema) return undefined;
  const read = schema.safeParse(given);
  if (!read.success) throw misfit(where, read.error.issues);
  return read.data;
}

function write(plane: Plane, route: Route, answer: unknown, reply: FastifyReply): FastifyReply {
  const { body, options } = answer instanceof Answer ? answer : new Answer(answer);
  reply.code(options.status ?? route.status ?? 200).headers(options.headers ?? {});
  if (body === undefined) return reply.send();
  return reply.type(plane.contentType ?? 'application/json').send(JSON.stringify(body));
}

function refuse(plane: Plane, thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const error = toRestError(thrown);
  // The answer says nothing of what is behind it; the log does.
  if (error.status >= 500) request.log.error({ err: thrown }, 'request failed');
  reply
    .code(error.status)
    .headers(error.headers)
    .type(plane.contentType ?? 'application/json')
    .send(JSON.stringify((plane.errorBody ?? wso2ErrorBody)(error)));
}
