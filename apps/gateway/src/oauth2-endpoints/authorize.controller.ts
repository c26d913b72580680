import { All, Controller, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GatewayIdentity } from '../identity/gateway-identity.js';
import { notOffered, refusal, send } from './answers.js';
import { readForm } from './form.js';

/** Browsers and servers on the way take about this much. */
const maxQueryLength = 8_000;
/** What may stand in a target (RFC 9112 §3.2): nothing that could end the header it is written into. */
const visible = /^[\x21-\x7e]*$/;
const tooLarge = (endpoint: string) =>
  refusal(400, `The request is too large for a redirect: send it to ${endpoint} itself.`);

/** `/authorize`: users log in at the key manager, so browsers are sent there with the request as it came. */
@Controller('authorize')
export class AuthorizeController {
  constructor(@Inject(GatewayIdentity) private readonly identity: GatewayIdentity) {}

  @All()
  async authorize(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    if (request.method !== 'GET' && request.method !== 'HEAD' && request.method !== 'POST') {
      return send(reply, refusal(405, 'Use GET.', { allow: 'GET, HEAD, POST' }));
    }
    const { authorizationEndpoint } = await this.identity.discovery();
    if (authorizationEndpoint === '') return send(reply, notOffered);
    const query = request.method === 'POST' ? formQuery(request) : queryOf(request);
    if (!visible.test(query)) return send(reply, refusal(400, 'The request target is malformed.'));
    if (query.length > maxQueryLength) return send(reply, tooLarge(authorizationEndpoint));
    const location = query === '' ? authorizationEndpoint : `${authorizationEndpoint}?${query}`;
    // 303 makes a GET of a POST (RFC 9110 §15.4.4): with 307 the browser would send a form to another origin.
    return send(reply, { status: request.method === 'POST' ? 303 : 302, headers: { location } });
  }
}

/** Byte by byte: decoding and encoding again could make another request of it. */
function queryOf({ raw }: FastifyRequest): string {
  const target = raw.url ?? '';
  const start = target.indexOf('?');
  return start < 0 ? '' : target.slice(start + 1);
}

/** Throws `MalformedForm`. */
function formQuery({ body }: FastifyRequest): string {
  const pairs = Buffer.isBuffer(body) ? readForm(body) : [];
  return new URLSearchParams(pairs.map(({ name, value }): [string, string] => [name, value])).toString();
}
