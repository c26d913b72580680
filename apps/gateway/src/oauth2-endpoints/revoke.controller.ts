import { All, Controller, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorAnswer, refusal, revokedAnswer, send } from './answers.js';
import { clientRequestOf } from './client-request.js';
import { RevokedTokens, TokenIssuer } from './key-manager-port.js';

/** `/revoke` (RFC 7009). */
@Controller('revoke')
export class RevokeController {
  constructor(
    @Inject(TokenIssuer) private readonly issuer: TokenIssuer,
    @Inject(RevokedTokens) private readonly tokens: RevokedTokens,
  ) {}

  @All()
  async revoke(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    if (request.method !== 'POST') return send(reply, refusal(405, 'Use POST.', { allow: 'POST' }));
    const clientRequest = clientRequestOf(request);
    const { error } = await this.issuer.revokeToken(clientRequest, request.id);
    if (error !== undefined) return send(reply, errorAnswer(error));
    // Before the client hears 200: from then on it may expect a refusal here, ahead of the push.
    for (const { name, value } of clientRequest.parameters) if (name === 'token') this.tokens.doubt(value);
    return send(reply, revokedAnswer);
  }
}
