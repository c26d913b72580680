import { All, Controller, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { issueAnswer, refusal, send } from './answers.js';
import { clientRequestOf } from './client-request.js';
import { TokenIssuer } from './key-manager-port.js';

/** `/token`: a form becomes a call to the key manager, its answer becomes JSON. No rule of OAuth lives here. */
@Controller('token')
export class TokenController {
  constructor(@Inject(TokenIssuer) private readonly issuer: TokenIssuer) {}

  @All()
  async issue(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    if (request.method !== 'POST') return send(reply, refusal(405, 'Use POST.', { allow: 'POST' }));
    send(reply, issueAnswer(await this.issuer.issueToken(clientRequestOf(request), request.id)));
  }
}
