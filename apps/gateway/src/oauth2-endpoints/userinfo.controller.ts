import { All, Controller, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GatewayIdentity } from '../identity/gateway-identity.js';
import { errorAnswer, failed, refusal, send } from './answers.js';
import { clientRequestOf } from './client-request.js';

const allowed = 'GET, HEAD, POST, OPTIONS';
const cors = { 'access-control-allow-origin': '*' };

/** `/userinfo` (OpenID Connect Core §5.3): the key manager judges the token, from whatever page it comes. */
@Controller('userinfo')
export class UserInfoController {
  constructor(@Inject(GatewayIdentity) private readonly identity: GatewayIdentity) {}

  @All()
  async userInfo(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    if (request.method === 'OPTIONS') {
      const preflight = {
        'access-control-allow-methods': 'GET, POST',
        'access-control-allow-headers': 'Authorization, DPoP',
      };
      return send(reply, { status: 204, headers: { ...cors, ...preflight, allow: allowed } });
    }
    if (!['GET', 'HEAD', 'POST'].includes(request.method)) {
      return send(reply, refusal(405, 'Use GET or POST.', { allow: allowed }));
    }
    const { result } = await this.identity.userInfo(clientRequestOf(request), request.id);
    switch (result?.$case) {
      case 'claims':
        return send(reply, { status: 200, headers: cors, body: JSON.parse(result.claims) as object });
      case 'error': {
        const answer = errorAnswer(result.error);
        return send(reply, { ...answer, headers: { ...answer.headers, ...cors } });
      }
      default:
        return send(reply, failed);
    }
  }
}
