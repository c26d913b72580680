import type { FastifyInstance, FastifyPluginAsync, FastifyReply } from 'fastify';
import { type Identity, issuerPath } from '../identity.js';
import { noStore } from './oauth2-answers.js';

const openIdConfiguration = '/.well-known/openid-configuration';
const serverMetadata = '/.well-known/oauth-authorization-server';

/**
 * Discovery and keys, public: RFC 8414 §3.1 puts the path of the issuer behind the well-known name, OpenID Connect
 * Discovery §4 in front of it; without the path they serve clients that know the host only. A tenant's alias answers
 * the same, since all tenants have one issuer.
 */
export function identityPlugin(identity: Identity): FastifyPluginAsync {
  const { maxAgeSeconds } = identity;
  const metadata = () => identity.metadata();
  return async (fastify) => {
    for (const path of [
      openIdConfiguration,
      serverMetadata,
      `${issuerPath}${openIdConfiguration}`,
      `${serverMetadata}${issuerPath}`,
      `/t/:tenant${issuerPath}${openIdConfiguration}`,
    ]) {
      publish(fastify, path, maxAgeSeconds, metadata);
    }
    for (const path of ['/oauth2/jwks', '/t/:tenant/oauth2/jwks']) {
      publish(fastify, path, maxAgeSeconds, () => identity.jwks());
    }
  };
}

function publish(fastify: FastifyInstance, url: string, maxAgeSeconds: number, content: () => object): void {
  fastify.get(url, (_request, reply) =>
    reply
      .headers({ 'cache-control': `public, max-age=${maxAgeSeconds}`, 'access-control-allow-origin': '*' })
      .type('application/json')
      .send(JSON.stringify(content())),
  );
  fastify.options(url, (_request, reply) =>
    reply
      .code(204)
      .headers({
        'access-control-allow-origin': '*',
        'access-control-allow-methods': 'GET',
        allow: 'GET, HEAD, OPTIONS',
      })
      .send(),
  );
  fastify.route({
    method: ['POST', 'PUT', 'PATCH', 'DELETE'],
    url,
    onRequest: async (_request, reply) => notAllowed(reply),
    handler: () => undefined,
  });
}

function notAllowed(reply: FastifyReply): FastifyReply {
  const body = { error_description: 'Use GET.', error: 'invalid_request' };
  reply.code(405).headers({ ...noStore, allow: 'GET, HEAD, OPTIONS' });
  return reply.type('application/json').send(JSON.stringify(body));
}
