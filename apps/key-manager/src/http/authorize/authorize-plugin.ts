import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { RefusedRequest, UnanswerableRequest } from '../../oauth2/authorization/authorization-error.js';
import { InvalidRequest, toOAuthError } from '../../oauth2/errors.js';
import { type Parameter, readParameters } from '../../oauth2/parameters.js';
import { maxBodyBytes, readFormBody } from '../../oauth2/request-body.js';
import type { Callers } from '../../operations/callers.js';
import { assertPlainBody } from '../plain-body.js';
import { assets } from './assets.js';
import { createAuthorizeHandlers } from './authorize-handlers.js';
import { createDeviceHandlers } from './device-handlers.js';
import { type Handler, type InteractiveParts, paths, redirect, respond, type Visit, withQuery } from './flow.js';
import { createLoginHandlers } from './login-handlers.js';
import { createLogoutHandler } from './logout-handlers.js';
import { errorPage, foreignFormPage, lostPage, messagePage } from './other-pages.js';
import { sendPage } from './page.js';
import { isFromOwnPage } from './same-origin.js';
import { Browser, StepLost } from './steps.js';

/** The endpoints that browsers are sent to, with their pages: no rules of OAuth (they live in `oauth2/`). */
export function authorizePlugin(parts: InteractiveParts, callers: Callers): FastifyPluginAsync {
  const { authorize, decide, resend, showConsent } = createAuthorizeHandlers(parts);
  const login = createLoginHandlers(parts);
  const logout = createLogoutHandler(parts);
  const device = createDeviceHandlers(parts);
  const ownPage = ownPagesOnly(parts.publicOrigin);
  return async (fastify) => {
    readForms(fastify);
    fastify.setErrorHandler((error, request, reply) => failed(error, request, reply));
    const get = (url: string, handler: Handler) => route(fastify, parts, callers, 'GET', url, handler);
    const post = (url: string, handler: Handler) => route(fastify, parts, callers, 'POST', url, handler);
    get('/oauth2/authorize', authorize);
    // A client's own request may come from anywhere; what a user decides comes from our page only.
    post('/oauth2/authorize', (visit) =>
      visit.form.has('sessionDataKeyConsent') ? ownPage(visit, decide) : resend(visit),
    );
    get(paths.consent, showConsent);
    get(paths.login, login.show);
    post('/commonauth', (visit) => ownPage(visit, login.logIn));
    get(paths.error, async ({ reply, form }) => sendPage(reply, errorPage(form.get('oauthErrorCode'))));
    get('/device', device.show);
    post('/device', (visit) => ownPage(visit, device.act));
    get('/oidc/logout', logout);
    post('/oidc/logout', (visit) => (visit.form.has('sessionDataKey') ? ownPage(visit, logout) : logout(visit)));
    for (const { path, type, content } of assets) {
      fastify.get(path, { exposeHeadRoute: false }, async (_request, reply) =>
        reply.header('cache-control', 'public, max-age=31536000, immutable').type(type).send(content),
      );
    }
  };
}

const ownPagesOnly =
  (publicOrigin: string) =>
  async (visit: Visit, handler: Handler): Promise<FastifyReply> =>
    isFromOwnPage(visit.request.headers, publicOrigin) ? handler(visit) : sendPage(visit.reply, foreignFormPage);

function route(
  fastify: FastifyInstance,
  parts: InteractiveParts,
  callers: Callers,
  method: 'GET' | 'POST',
  url: string,
  handler: Handler,
): void {
  fastify.route({
    method,
    url,
    exposeHeadRoute: false,
    handler: async (request, reply) => {
      const isGone = () => request.raw.socket.destroyed;
      return callers.during(isGone, () => answer(parts, visitOf(parts, request, reply), handler));
    },
  });
}

function visitOf({ steps }: InteractiveParts, request: FastifyRequest, reply: FastifyReply): Visit {
  const list = request.method === 'POST' ? formOf(request) : readFormBody(Buffer.from(queryOf(request), 'latin1'));
  return { request, reply, browser: new Browser(request, steps), list, form: onceNamed(list) };
}

const formOf = ({ body }: FastifyRequest): Parameter[] => (Array.isArray(body) ? (body as Parameter[]) : []);

function queryOf({ raw }: FastifyRequest): string {
  const url = raw.url ?? '';
  const start = url.indexOf('?');
  return start < 0 ? '' : url.slice(start + 1);
}

/** A name that came twice is not there: which of the two was meant cannot be told. */
function onceNamed(list: readonly Parameter[]) {
  const counts = new Map<string, number>();
  for (const { name } of list) counts.set(name, (counts.get(name) ?? 0) + 1);
  return readParameters(list.filter(({ name }) => counts.get(name) === 1));
}

async function answer(parts: InteractiveParts, visit: Visit, handler: Handler): Promise<FastifyReply> {
  try {
    return await handler(visit);
  } catch (thrown) {
    if (thrown instanceof UnanswerableRequest) {
      return redirect(visit, withQuery(paths.error, { oauthErrorCode: thrown.code, oauthErrorMsg: thrown.message }));
    }
    if (thrown instanceof RefusedRequest) return respond(visit, parts.endpoint.refuse(thrown), 'the application');
    if (thrown instanceof StepLost) return sendPage(visit.reply, lostPage);
    throw thrown;
  }
}

/** Only forms (RFC 6749 App. B); any other media type is 415 by Fastify, which holds bodies to the limit as well. */
function readForms(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  const options = { parseAs: 'buffer', bodyLimit: maxBodyBytes } as const;
  const read = async ({ headers }: FastifyRequest, body: Buffer) => {
    assertPlainBody(headers);
    return readFormBody(body);
  };
  fastify.addContentTypeParser('application/x-www-form-urlencoded', options, read);
}

function failed(thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const status = transportStatus(thrown);
  if (status !== undefined)
    return sendPage(reply, messagePage('We can’t read this', 'The request is malformed or too large.', status));
  const error = toOAuthError(thrown);
  if (error instanceof InvalidRequest) return sendPage(reply, errorPage('invalid_request'));
  if (error.status >= 500) request.log.error({ err: error.cause ?? error, status: error.status }, error.error);
  const text =
    error.status === 503 ? 'Please try again in a moment.' : 'Please go back to the application and try again.';
  return sendPage(reply, messagePage('That didn’t work', text, error.status, error.retryAfterSeconds));
}

/** Fastify's own refusals: 400, 413, 415. */
function transportStatus(thrown: unknown): number | undefined {
  const { statusCode } = (thrown ?? {}) as { statusCode?: unknown };
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 ? statusCode : undefined;
}
