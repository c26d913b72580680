import { All, Controller, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GatewayIdentity } from '../identity/gateway-identity.js';
import { errorAnswer, failed, refusal, send } from './answers.js';
import { clientRequestOf } from './client-request.js';

const allowed = 'GET, HEAD, POST, OPTIONS';

/** `/userinfo` (OpenID Connect Core §5.3): the key manager judges the token, from whatever page it comes. */
@Controller('userinfo')
export class UserInfoController {
  constructor(@Inject(GatewayIdentity) private readonly identity: GatewayIdentity) {}

  @All()
  async userInfo(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    if (request.method === 'OPTIONS') {
      return send(reply, { status: 204, headers: { allow: allowed } });
    }
    if (!['GET', 'HEAD', 'POST'].includes(request.method)) {
      return send(reply, refusal(405, 'Use GET or POST.', { allow: allowed }));
    }
    const { result } = await this.identity.userInfo(clientRequestOf(request), request.id);
    switch (result?.$case) {
      case 'claims':
        return send(reply, { status: 200, body: JSON.parse(result.claims) as object });
      case 'error':
        return send(reply, errorAnswer(result.error));
      default:
        return send(reply, failed);
    }
  }
}
