import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { ClientRegistration } from '../../applications/application.js';
import {
  type ClientRegistrationPorts,
  deleteManaged,
  findManaged,
  type ManagedClient,
  openRegistrant,
  type Registrant,
  registerByMetadata,
  showManaged,
  updateManaged,
} from '../../applications/client-registration.js';
import { assertPlainBody } from '../../http/plain-body.js';
import { OAuthError, TooManyRequests } from '../../oauth2/errors.js';
import { clientInformation } from '../../oauth2/registration/client-information.js';
import { RegistrationRefusal } from '../../oauth2/registration/registration-refusal.js';
import { NetworkLimit } from '../../users/throttle/network-limit.js';
import { type Authenticators, authenticate } from '../rest/authenticate.js';
import { password, token } from '../rest/caller.js';
import { forbidden, toRestError, unauthenticated } from '../rest/problem.js';
import { onlyAuthorization } from '../rest/register.js';

export interface RegistrationSettings {
  readonly access: 'off' | 'users' | 'open';
  /** A user needs one of them. */
  readonly roles: readonly string[];
  /** Base URL in `registration_client_uri`. */
  readonly origin: string;
}

export const registrationPath = '/oauth2/register';
const maxBodyBytes = 65_536;
/** Strangers share one quota of clients: no network may use it up for the others in a moment. */
const strangers = { free: 20, windowSeconds: 3_600 };
const noStore = { 'cache-control': 'no-store', pragma: 'no-cache' };

/** RFC 7591 and RFC 7592 over HTTP: who may, and what goes back; the rules are in `oauth2/registration/`. */
export function registrationPlugin(
  ports: ClientRegistrationPorts,
  authenticators: Authenticators,
  settings: RegistrationSettings,
): FastifyPluginAsync {
  const registrants = new WeakMap<FastifyRequest, Registrant>();
  const managed = new WeakMap<FastifyRequest, ClientRegistration>();
  const limit = new NetworkLimit(ports.clock, strangers);
  return async (fastify) => {
    if (settings.access === 'off') return;
    readJson(fastify);
    fastify.setErrorHandler((error, request, reply) => refuse(error, request, reply));
    fastify.post(registrationPath, {
      bodyLimit: maxBodyBytes,
      // Before the body is read, so that a stranger's upload costs nothing.
      onRequest: async (request) => {
        const isGone = () => request.raw.socket.destroyed;
        const registrant = await authenticators.callers.during(isGone, () =>
          identify(request, authenticators, settings),
        );
        if (!registrant.isKnown) countStranger(limit, request.ip);
        registrants.set(request, registrant);
      },
      handler: async (request, reply) => {
        const client = await registerByMetadata(ports, registrants.get(request) as Registrant, request.body);
        return send(reply, 201, view(client, settings));
      },
    });
    const one = {
      url: `${registrationPath}/:clientId`,
      bodyLimit: maxBodyBytes,
      onRequest: async (request: FastifyRequest) => {
        managed.set(request, await requireToken(ports, request));
      },
    };
    const clientOf = (request: FastifyRequest) => managed.get(request) as ClientRegistration;
    fastify.route({
      ...one,
      method: 'GET',
      handler: async (request, reply) =>
        send(reply, 200, view(await showManaged(ports, clientOf(request)), settings, request)),
    });
    fastify.route({
      ...one,
      method: 'PUT',
      handler: async (request, reply) => {
        const body = objectOf(request.body);
        return send(reply, 200, view(await updateManaged(ports, clientOf(request), body, request.ip), settings));
      },
    });
    fastify.route({
      ...one,
      method: 'DELETE',
      handler: async (request, reply) => {
        await deleteManaged(ports, clientOf(request), request.ip);
        return reply.code(204).headers(noStore).send();
      },
    });
  };
}

/** RFC 7591 §3: by name and password, by an access token for the REST APIs, or, if that is open, not at all. */
async function identify(
  request: FastifyRequest,
  authenticators: Authenticators,
  { access, roles }: RegistrationSettings,
): Promise<Registrant> {
  const { ip } = request;
  const authorization = onlyAuthorization(request);
  if (authorization === undefined && access === 'open') {
    return { ...openRegistrant, clientAddress: ip, isKnown: false };
  }
  const isBearer = /^bearer /i.test(authorization ?? 'bearer ');
  const way = isBearer ? token('subscribe', 'app_manage') : password();
  const caller = await authenticate(way, { authorization, clientAddress: ip }, authenticators);
  if (!caller?.roles.some((role) => roles.includes(role))) throw forbidden('The user may not register clients');
  return { subject: caller.subject, tenantDomain: caller.tenantDomain, clientAddress: ip, isKnown: true };
}

/** Throws `TooManyRequests`. */
function countStranger(limit: NetworkLimit, clientAddress: string): void {
  const waitSeconds = limit.waitSeconds(clientAddress);
  if (waitSeconds !== undefined) throw new TooManyRequests(waitSeconds);
  limit.note(clientAddress);
}

/** RFC 7592 §3: for a client that is gone the answer is that of a wrong token. */
async function requireToken(ports: ClientRegistrationPorts, request: FastifyRequest): Promise<ClientRegistration> {
  const { clientId } = request.params as { clientId: string };
  const presented = registrationTokenOf(request);
  const client = presented === undefined ? undefined : await findManaged(ports, clientId, presented);
  if (!client) {
    throw unauthenticated('Bearer realm="Keygate", error="invalid_token"', 'The registration access token is invalid');
  }
  return client;
}

function registrationTokenOf(request: FastifyRequest): string | undefined {
  return /^bearer +([\w-]{43})$/i.exec(onlyAuthorization(request) ?? '')?.[1];
}

function view(
  { registration, secret, registrationToken }: ManagedClient,
  { origin }: RegistrationSettings,
  shown?: FastifyRequest,
) {
  // On GET it is the one that was presented: only its hash is kept.
  const token = registrationToken ?? (shown && registrationTokenOf(shown));
  return {
    ...clientInformation(registration),
    ...(secret === undefined ? {} : { client_secret: secret, client_secret_expires_at: 0 }),
    registration_access_token: token,
    registration_client_uri: `${origin}${registrationPath}/${registration.clientId}`,
  };
}

function readJson(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  const json = fastify.getDefaultJsonParser('error', 'error');
  const options = { parseAs: 'string', bodyLimit: maxBodyBytes } as const;
  fastify.addContentTypeParser<string>('application/json', options, (request, body, done) => {
    try {
      assertPlainBody(request.headers);
      // Clients name a media type even where they send nothing.
      if (body === '') done(null, undefined);
      else json(request, body, done);
    } catch (fault) {
      done(fault as Error);
    }
  });
}

function objectOf(body: unknown): Readonly<Record<string, unknown>> {
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as Record<string, unknown>) : {};
}

const errorCodes: Readonly<Record<number, string>> = {
  400: 'invalid_client_metadata',
  401: 'invalid_token',
  403: 'access_denied',
  413: 'invalid_client_metadata',
  415: 'invalid_client_metadata',
  429: 'temporarily_unavailable',
  503: 'temporarily_unavailable',
};

/** RFC 7591 §3.2.2 for what is wrong with the metadata, RFC 6750 §3.1 for the rest. */
function refuse(thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (thrown instanceof RegistrationRefusal) {
    return send(reply, 400, { error: thrown.error, error_description: thrown.description });
  }
  if (thrown instanceof OAuthError && thrown.status < 500) {
    if (thrown.retryAfterSeconds !== undefined) reply.header('retry-after', String(thrown.retryAfterSeconds));
    const error = errorCodes[thrown.status] ?? 'invalid_client_metadata';
    return send(reply, thrown.status, { error, error_description: thrown.description });
  }
  const { status, description, headers } = toRestError(thrown);
  if (status >= 500) request.log.error({ err: thrown }, 'registration failed');
  const error = errorCodes[status] ?? 'server_error';
  return send(reply.headers(headers), status, { error, error_description: description });
}

function send(reply: FastifyReply, status: number, body: unknown): FastifyReply {
  return reply.code(status).headers(noStore).type('application/json').send(JSON.stringify(body));
}
