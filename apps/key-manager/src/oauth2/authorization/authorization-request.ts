import type { Client } from '../model.js';
import type { Parameter } from '../parameters.js';
import type { ClientStore } from '../ports.js';
import { parseScope } from '../scope.js';
import type { OAuth2Settings } from '../settings.js';
import {
  type AuthorizationErrorCode,
  RefusedRequest,
  type ReplyAddress,
  UnanswerableRequest,
} from './authorization-error.js';
import { type AuthorizationParameters, readAuthorizationParameters } from './authorization-parameters.js';
import { type CodeChallenge, isChallenge } from './pkce.js';
import type { PushedRequests } from './pushed-request.js';
import { isInsecure, isRegistered } from './redirect-uri.js';
import { type Answerable, isOpenId, readResponse, readResponseMode } from './response-type.js';

/** `select_account` is a login, in which another name can be given. */
export type Prompt = 'none' | 'login' | 'consent' | 'select_account';

/** A request that may be answered (RFC 6749 §4.1.1, §4.2.1; OpenID Connect Core §3.1.2.1). */
export interface AuthorizationRequest extends ReplyAddress {
  readonly client: Client;
  readonly responseType: Answerable;
  readonly scope: readonly string[];
  readonly nonce?: string | undefined;
  readonly codeChallenge?: CodeChallenge | undefined;
  readonly prompt: ReadonlySet<Prompt>;
  readonly maxAgeSeconds?: number | undefined;
  readonly loginHint?: string | undefined;
  /** RFC 9449 §10: the code is for the holder of this key only. */
  readonly dpopJkt?: string | undefined;
  /** The parameters it was read from; those of a pushed request in the place of its reference. */
  readonly parameters: readonly Parameter[];
  readonly wasPushed: boolean;
}

export interface AuthorizationRequestDeps {
  readonly clients: ClientStore;
  readonly settings: Pick<OAuth2Settings, 'grantTypes' | 'authorization' | 'pushedAuthorization'>;
  /** Absent: a `request_uri` is refused. */
  readonly pushedRequests?: PushedRequests | undefined;
}

/**
 * Reads a request in the order of RFC 6749 §4.1.2.1: client and redirect URI first, and nothing goes to an address before
 * both are right. Throws `UnanswerableRequest`, afterwards `RefusedRequest`. `wasPushed`: the list is what the server
 * itself kept of a request that came by way of a push.
 */
export async function readAuthorizationRequest(
  deps: AuthorizationRequestDeps,
  list: readonly Parameter[],
  wasPushed = false,
): Promise<AuthorizationRequest> {
  const sent = readAuthorizationParameters(list);
  const client = await findClient(deps.clients, sent);
  const requestUri = sent.values.get('request_uri');
  if (requestUri !== undefined && deps.pushedRequests && !wasPushed) {
    const pushed = await deps.pushedRequests(requestUri, client);
    if (!pushed) throw new UnanswerableRequest('invalid_request', 'The request_uri is invalid or has expired.');
    // Only what was pushed counts: the rest of the query is not protected (RFC 9126 §4).
    const kept = pushed.filter(({ name }) => name !== 'client_id' && name !== 'request_uri');
    return readAuthorizationRequest(deps, [{ name: 'client_id', value: client.clientId }, ...kept], true);
  }
  const redirectUri = readRedirectUri(deps.settings, client, sent);
  const replyTo = replyAddress(sent, redirectUri);
  const refuse: Refuse = (error, description) => {
    throw new RefusedRequest(replyTo, error, description);
  };
  refuseMalformed(sent, refuse);
  const mustBePushed = client.metadata.requirePushedAuthorizationRequests || deps.settings.pushedAuthorization.required;
  if (mustBePushed && !wasPushed) {
    refuse('invalid_request', 'Authorization requests of this client have to be pushed.');
  }
  const responseType = readResponse(client, deps.settings, sent, refuse);
  const scope = readScope(client, sent, refuse);
  if (isOpenId({ responseType }) && !scope.includes('openid'))
    refuse('invalid_request', 'The scope openid is missing.');
  return {
    ...replyTo,
    client,
    responseType,
    scope,
    nonce: sent.values.get('nonce'),
    codeChallenge: responseType === 'code' ? readChallenge(client, deps.settings, sent, refuse) : undefined,
    prompt: readPrompt(sent, refuse),
    maxAgeSeconds: readMaxAge(sent, refuse),
    loginHint: sent.values.get('login_hint'),
    dpopJkt: sent.values.get('dpop_jkt'),
    parameters: list,
    wasPushed,
  };
}

export type Refuse = (error: AuthorizationErrorCode, description: string) => never;

const clientIdText = /^[\x20-\x7e]+$/;

async function findClient(clients: ClientStore, sent: AuthorizationParameters): Promise<Client> {
  const clientId = sent.values.get('client_id');
  if (clientId === undefined || sent.repeated.has('client_id')) {
    throw new UnanswerableRequest('invalid_request', 'Client ID is not present in the authorization request');
  }
  const client = clientIdText.test(clientId) ? await clients.findClient(clientId) : undefined;
  if (!client?.active) {
    throw new UnanswerableRequest('invalid_client', 'Cannot find an application associated with the given client id');
  }
  return client;
}

function readRedirectUri(
  { authorization }: AuthorizationRequestDeps['settings'],
  client: Client,
  { values, repeated }: AuthorizationParameters,
): string {
  const redirectUri = values.get('redirect_uri');
  if (repeated.has('redirect_uri')) {
    throw new UnanswerableRequest('invalid_request', 'Invalid request with repeated parameters.');
  }
  // Never the registered one by default: the client has to say where, so that code and exchange can be compared.
  if (redirectUri === undefined) {
    throw new UnanswerableRequest('invalid_request', 'Redirect URI is not present in the authorization request');
  }
  if (!isRegistered(client, redirectUri)) throw new UnanswerableRequest('invalid_callback', 'callback.not.match');
  if (isInsecure(redirectUri) && !authorization.allowHttpRedirects) {
    throw new UnanswerableRequest('invalid_callback', 'The redirect URI must use https.');
  }
  return redirectUri;
}

/** A refusal goes where the answer would have gone, as far as that can be told. */
function replyAddress(sent: AuthorizationParameters, redirectUri: string): ReplyAddress {
  return {
    redirectUri,
    responseMode: readResponseMode(sent),
    state: sent.repeated.has('state') ? undefined : sent.values.get('state'),
  };
}

function refuseMalformed({ values, repeated, tooLong, unreadable }: AuthorizationParameters, refuse: Refuse): void {
  if (repeated.size > 0) refuse('invalid_request', 'Invalid request with repeated parameters.');
  if (tooLong.size > 0) refuse('invalid_request', `The request is too large: ${[...tooLong].join(' ')}`);
  if (unreadable.size > 0) refuse('invalid_request', `Malformed parameters: ${[...unreadable].join(' ')}`);
  if (values.has('request')) refuse('request_not_supported', 'Request objects are not supported.');
  if (values.has('request_uri')) refuse('request_uri_not_supported', 'A request_uri is not supported.');
  if (values.has('registration')) refuse('registration_not_supported', 'Registration by request is not supported.');
}

function readScope(client: Client, { values }: AuthorizationParameters, refuse: Refuse): readonly string[] {
  let scope: readonly string[];
  try {
    scope = parseScope(values.get('scope'));
  } catch {
    return refuse('invalid_scope', 'The scope is malformed.');
  }
  const allowed = client.metadata.scope;
  if (allowed && !scope.every((name) => allowed.includes(name))) {
    refuse('invalid_scope', 'The client may not ask for this scope.');
  }
  return scope;
}

/** RFC 7636 §4.3 and §4.4.1. A public client has nothing else to prove that the code is its own. */
function readChallenge(
  client: Client,
  { authorization }: AuthorizationRequestDeps['settings'],
  { values }: AuthorizationParameters,
  refuse: Refuse,
): CodeChallenge | undefined {
  const challenge = values.get('code_challenge');
  const method = values.get('code_challenge_method');
  if (challenge === undefined) {
    if (method !== undefined) refuse('invalid_request', 'code_challenge is missing.');
    if (!client.confidential || client.metadata.requirePkce)
      refuse('invalid_request', 'PKCE is mandatory for this client.');
    return undefined;
  }
  // Without a method it is `plain` by the RFC, which a client rather forgets than means.
  if (method !== 'S256' && (method ?? 'plain') !== 'plain') {
    refuse('invalid_request', 'Transform algorithm not supported: use code_challenge_method=S256.');
  }
  if (method !== 'S256' && !(authorization.allowPlainPkce && client.metadata.allowPlainPkce)) {
    refuse('invalid_request', 'Transform algorithm not supported: use code_challenge_method=S256.');
  }
  const read = { method: method === 'S256' ? ('S256' as const) : ('plain' as const), challenge };
  if (!isChallenge(read)) refuse('invalid_request', 'Malformed parameters: code_challenge');
  return read;
}

const prompts: ReadonlySet<string> = new Set<Prompt>(['none', 'login', 'consent', 'select_account']);

function readPrompt({ values }: AuthorizationParameters, refuse: Refuse): ReadonlySet<Prompt> {
  const asked = (values.get('prompt') ?? '').split(' ').filter((value) => value !== '');
  if (!asked.every((value): value is Prompt => prompts.has(value))) {
    return refuse('invalid_request', 'Malformed parameters: prompt');
  }
  const prompt = new Set(asked);
  if (prompt.has('none') && prompt.size > 1) refuse('invalid_request', 'prompt=none does not go with another prompt.');
  return prompt;
}

function readMaxAge({ values }: AuthorizationParameters, refuse: Refuse): number | undefined {
  const maxAge = values.get('max_age');
  if (maxAge === undefined) return undefined;
  if (!/^\d{1,9}$/.test(maxAge)) refuse('invalid_request', 'Malformed parameters: max_age');
  return Number(maxAge);
}
