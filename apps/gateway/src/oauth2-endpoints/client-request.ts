import type { IncomingMessage } from 'node:http';
import type { ClientRequest } from '@keygate/proto/keymanager/v1/token';
import { connectionCertificate } from '../pipeline/connection-certificate.js';
import { headerValues } from '../pipeline/header-lines.js';
import { callerAddress } from './caller-address.js';
import { MalformedForm, readForm } from './form.js';
import { ownAddress } from './own-address.js';

/** A request whose body has been read, from Fastify or without it. */
export interface FormRequest {
  readonly raw: IncomingMessage;
  readonly method: string;
  /** Bytes of a form; anything else counts as none. */
  readonly body: unknown;
}

/** What a client sent to a token endpoint, unjudged, in the form the key manager takes it. */
export function clientRequestOf(request: FormRequest): ClientRequest {
  const authorizations = headerValues(request.raw.rawHeaders, 'authorization');
  const proofs = headerValues(request.raw.rawHeaders, 'dpop');
  return {
    parameters: Buffer.isBuffer(request.body) ? readForm(request.body) : [],
    // All of them: were one dropped here, the key manager could not refuse a request that has two.
    authorization: authorizations.length > 0 ? authorizations.join(', ') : undefined,
    clientAddress: callerAddress(request.raw),
    dpop: proofs.length > 0 ? proofs.join(', ') : undefined,
    clientCertificate: connectionCertificate(request.raw.socket)?.der,
    method: request.method,
    url: ownAddress(request.raw),
  };
}

/** RFC 9110 §8.4: any coding but `identity`, which is none. Never inflated: a few kilobytes could become gigabytes. */
export function isCoded({ headers }: IncomingMessage): boolean {
  const coding = headers['content-encoding'];
  return coding !== undefined && coding.trim().toLowerCase() !== 'identity';
}

const utf8Charset = /^(utf-?8|us-ascii)$/i;

/** Another charset would make other parameters of the same bytes. */
export function assertUtf8(contentType: string | undefined): void {
  const charset = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(contentType ?? '')?.[1];
  if (charset !== undefined && !utf8Charset.test(charset)) throw new MalformedForm('The body must be UTF-8.');
}
