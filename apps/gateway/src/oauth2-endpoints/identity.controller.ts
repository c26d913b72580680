import { All, Controller, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GatewayIdentity } from '../identity/gateway-identity.js';
import { refusal, send } from './answers.js';

/** How long what this gateway serves of others may be kept. */
const metadataSeconds = 300;

const metadataPaths = [
  '.well-known/openid-configuration',
  '.well-known/oauth-authorization-server',
  '.well-known/oauth-authorization-server/oauth2/token',
];

/** What everyone may know: where the endpoints are (RFC 8414, OpenID Connect Discovery) and the keys (RFC 7517 §5). */
@Controller()
export class IdentityController {
  constructor(@Inject(GatewayIdentity) private readonly identity: GatewayIdentity) {}

  @All(metadataPaths)
  async metadata(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    if (!isRead(request)) return send(reply, notAllowed);
    const { metadata } = await this.identity.discovery();
    publish(reply, metadata, metadataSeconds);
  }

  @All('jwks')
  keys(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const { keys, maxAgeSeconds } = this.identity.keySet();
    if (isRead(request)) publish(reply, JSON.stringify({ keys }), maxAgeSeconds);
    else send(reply, notAllowed);
  }
}

const notAllowed = refusal(405, 'Use GET.', { allow: 'GET, HEAD' });
const isRead = ({ method }: FastifyRequest) => method === 'GET' || method === 'HEAD';

function publish(reply: FastifyReply, json: string, maxAgeSeconds: number): void {
  reply.header('cache-control', `public, max-age=${maxAgeSeconds}`).type('application/json').send(json);
}
