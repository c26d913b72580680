import type { IssueTokenResponse, OAuthErrorAnswer, TokenGranted } from '@keygate/proto/keymanager/v1/token';
import type { FastifyReply } from 'fastify';
import { KeyManagerUnavailable } from '../key-manager/unavailable.js';
import { MalformedForm } from './form.js';

/** What goes back to an OAuth client; `body` undefined means an empty one. */
export interface OAuthAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
  /** The request was not read to its end, so that its HTTP/1.1 connection cannot be used again. */
  readonly endsConnection?: true;
}

/** RFC 6749 section 5.1, in the order of the WSO2 documentation. */
export function grantedAnswer(granted: TokenGranted): OAuthAnswer {
  return {
    status: 200,
    headers: { ...(granted.dpopNonce !== undefined && { 'dpop-nonce': granted.dpopNonce }) },
    body: {
      scope: granted.scope,
      token_type: granted.tokenType,
      expires_in: granted.expiresIn,
      ...(granted.refreshToken !== undefined && { refresh_token: granted.refreshToken }),
      ...(granted.idToken !== undefined && { id_token: granted.idToken }),
      ...(granted.issuedTokenType !== undefined && { issued_token_type: granted.issuedTokenType }),
      access_token: granted.accessToken,
    },
  };
}

/** RFC 6749 section 5.2, as the key manager worded it. */
export function errorAnswer(error: OAuthErrorAnswer): OAuthAnswer {
  return {
    status: error.status,
    headers: {
      ...(error.wwwAuthenticate !== undefined && { 'WWW-Authenticate': error.wwwAuthenticate }),
      ...(error.retryAfter !== undefined && { 'retry-after': String(error.retryAfter) }),
      ...(error.dpopNonce !== undefined && { 'dpop-nonce': error.dpopNonce }),
    },
    body: { error_description: error.errorDescription, error: error.error },
  };
}

/**
 * RFC 7009 section 2.2 leaves the body open. Clients don't: simple-oauth2 refuses what is not JSON, and
 * @badgateway/oauth2-client cannot read an empty text.
 */
export const revokedAnswer: OAuthAnswer = { status: 200, body: {} };

/** What the key manager said to a token request. */
export function issueAnswer({ result }: IssueTokenResponse): OAuthAnswer {
  switch (result?.$case) {
    case 'granted':
      return grantedAnswer(result.granted);
    case 'error':
      return errorAnswer(result.error);
    default:
      return failed;
  }
}

/** A refusal this gateway makes itself, before any rule of OAuth applies. */
export function refusal(status: number, description: string, headers: Record<string, string> = {}): OAuthAnswer {
  return { status, headers, body: { error_description: description, error: 'invalid_request' } };
}

const unavailable: OAuthAnswer = {
  status: 503,
  headers: { 'retry-after': '2' },
  body: {
    error_description: 'The key manager cannot be reached. Try again shortly.',
    error: 'temporarily_unavailable',
  },
};

export const failed: OAuthAnswer = {
  status: 500,
  body: { error_description: 'The request could not be handled.', error: 'server_error' },
};

/** What becomes of a request that went wrong, and whether that is a fault of ours for the log. */
export function faultAnswer(thrown: unknown): { readonly answer: OAuthAnswer; readonly fault?: 'warn' | 'error' } {
  if (thrown instanceof KeyManagerUnavailable) return { answer: unavailable, fault: 'warn' };
  if (thrown instanceof MalformedForm) return { answer: refusal(400, thrown.message) };
  return { answer: failed, fault: 'error' };
}

export const notOffered: OAuthAnswer = {
  status: 404,
  body: { code: '404', message: 'Not Found', description: 'This gateway does not offer this endpoint.' },
};

/** Every answer of a token endpoint is kept out of caches (RFC 6749 section 5.1). */
export const noStore = { 'cache-control': 'no-store', pragma: 'no-cache' } as const;

/** Answers through Fastify. */
export function send(reply: FastifyReply, { status, headers = {}, body, endsConnection }: OAuthAnswer): void {
  // HTTP/2 has no such header (RFC 9113 section 8.2.2).
  if (endsConnection && reply.request.raw.httpVersionMajor < 2) reply.header('connection', 'close');
  reply.code(status).headers({ ...noStore, ...headers });
  if (body === undefined) reply.send();
  else reply.type('application/json').send(JSON.stringify(body));
}
