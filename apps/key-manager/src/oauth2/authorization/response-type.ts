import type { Client } from '../model.js';
import type { OAuth2Settings } from '../settings.js';
import type { ResponseMode } from './authorization-error.js';
import type { AuthorizationParameters } from './authorization-parameters.js';
import type { Refuse } from './authorization-request.js';

/** Values of `response_type` that can be answered; the grant that a client needs for each. RFC 6749 §3.1.1. */
export const grantOf = {
  code: 'authorization_code',
  token: 'implicit',
  id_token: 'implicit',
  'id_token token': 'implicit',
} as const;
export type Answerable = keyof typeof grantOf;

/** Whether the answer holds an id token. */
export const isOpenId = ({ responseType }: { readonly responseType: Answerable }): boolean =>
  responseType.startsWith('id_token');

const isAnswerable = (text: string): text is Answerable => Object.hasOwn(grantOf, text);

/** What is answered with, if the server offers it and the client may have it. */
export function readResponse(
  client: Client,
  { grantTypes }: Pick<OAuth2Settings, 'grantTypes'>,
  { values }: AuthorizationParameters,
  refuse: Refuse,
): Answerable {
  // The order of the words says nothing (RFC 6749 §3.1.1).
  const responseType = values.get('response_type')?.split(' ').sort().join(' ');
  if (responseType === undefined) return refuse('invalid_request', 'response_type is missing.');
  if (!isAnswerable(responseType) || !grantTypes.includes(grantOf[responseType])) {
    return refuse('unsupported_response_type', 'Unsupported response_type value');
  }
  const { responseTypes } = client.metadata;
  if (!client.grantTypes.includes(grantOf[responseType]) || responseTypes?.includes(responseType) === false) {
    refuse('unauthorized_client', 'The client is not authorized to use this response_type.');
  }
  const mode = values.get('response_mode');
  if (responseType !== 'code') refuseUnsafe(client, responseType, mode, refuse);
  if (isOpenId({ responseType }) && !values.has('nonce')) refuse('invalid_request', 'nonce is missing.');
  if (mode !== undefined && !modes.has(mode)) refuse('invalid_request', 'Unsupported response_mode value');
  return responseType;
}

const modes: ReadonlySet<string> = new Set<ResponseMode>(['query', 'fragment', 'form_post']);

function refuseUnsafe({ metadata }: Client, responseType: Answerable, mode: string | undefined, refuse: Refuse): void {
  // A query ends up in logs and Referer headers (OAuth 2.0 Multiple Response Types §5).
  if (mode === 'query') refuse('invalid_request', 'Unsupported response_mode value');
  // Here nobody proves to hold a key, so the token could be bound to none.
  const isBound = metadata.dpopBoundAccessTokens || metadata.tlsClientCertificateBoundAccessTokens;
  if (isBound && responseType !== 'id_token') {
    refuse('unauthorized_client', 'Tokens of this client are bound to a key: use response_type=code.');
  }
}

/** Where a refusal goes as well: what cannot be used is replaced by the default of the response type. */
export function readResponseMode({ values }: AuthorizationParameters): ResponseMode {
  const isToken = /(?:^| )(?:token|id_token)(?: |$)/.test(values.get('response_type') ?? '');
  const mode = values.get('response_mode');
  if (mode === 'form_post' || mode === 'fragment') return mode;
  return isToken ? 'fragment' : 'query';
}
