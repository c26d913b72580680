import type { TLSSocket } from 'node:tls';
import type { FastifyRequest } from 'fastify';
import type { ClientRequest } from '../oauth2/client-request.js';
import type { Parameter } from '../oauth2/parameters.js';

/** Makes of a request what the core judges. `origin`: as this server is known, whatever the Host header says. */
export function readClientRequests(origin: string | undefined): (request: FastifyRequest) => ClientRequest {
  return ({ raw, body, ip }) => {
    const { headersDistinct, method, url = '' } = raw;
    return {
      parameters: Array.isArray(body) ? (body as Parameter[]) : [],
      authorization: headersDistinct.authorization?.join(', '),
      clientAddress: ip,
      dpop: headersDistinct.dpop?.join(', '),
      clientCertificate: (raw.socket as Partial<TLSSocket>).getPeerX509Certificate?.()?.raw,
      method,
      url: origin === undefined ? undefined : origin + url.split('?', 1)[0],
    };
  };
}
