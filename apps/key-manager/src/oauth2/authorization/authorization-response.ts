import type { RefusedRequest, ReplyAddress, ResponseMode } from './authorization-error.js';

/** An answer on its way to the client, through the browser. */
export interface AuthorizationResponse {
  readonly redirectUri: string;
  readonly responseMode: ResponseMode;
  readonly parameters: readonly (readonly [name: string, value: string])[];
}

/** RFC 6749 §4.1.2 and §4.2.2; `iss` tells the client which server answers, against mix-ups (RFC 9207). */
export function answerTo(
  { redirectUri, responseMode, state }: ReplyAddress,
  issuer: string,
  parameters: Readonly<Record<string, string | undefined>>,
): AuthorizationResponse {
  const all = Object.entries({ ...parameters, state, iss: issuer });
  return {
    redirectUri,
    responseMode,
    parameters: all.filter((entry): entry is [string, string] => entry[1] !== undefined),
  };
}

/** RFC 6749 §4.1.2.1. */
export function refusalTo({ replyTo, error, description }: RefusedRequest, issuer: string): AuthorizationResponse {
  return answerTo(replyTo, issuer, { error, error_description: description });
}

/** The address to send the browser to. What the client registered stays as it is, its own query included. */
export function locationOf({ redirectUri, responseMode, parameters }: AuthorizationResponse): string {
  const encoded = new URLSearchParams(Object.fromEntries(parameters)).toString();
  if (responseMode === 'fragment') return `${redirectUri}#${encoded}`;
  if (!redirectUri.includes('?')) return `${redirectUri}?${encoded}`;
  return /[?&]$/.test(redirectUri) ? redirectUri + encoded : `${redirectUri}&${encoded}`;
}
