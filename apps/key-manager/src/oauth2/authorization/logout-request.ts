import type { Client } from '../model.js';
import type { Parameter } from '../parameters.js';
import type { ClientStore } from '../ports.js';
import { readAuthorizationParameters } from './authorization-parameters.js';

/** What an id token that this server made says about its login. */
export interface IdTokenHint {
  readonly clientId: string;
  readonly sessionId?: string | undefined;
}

/** Undefined for a text that is no id token of ours; an expired one counts (OpenID Connect RP-Initiated Logout §2). */
export type IdTokenHints = (idToken: string) => Promise<IdTokenHint | undefined>;

export interface LogoutDeps {
  readonly clients: ClientStore;
  readonly idTokenHints?: IdTokenHints | undefined;
}

/** OpenID Connect RP-Initiated Logout 1.0 §2. */
export interface LogoutRequest {
  /** Who sent the user here, as far as is known. */
  readonly client?: Client | undefined;
  /** Of the login that the client means; then it may end without a question. */
  readonly sessionId?: string | undefined;
  /** One that the client registered; where else an address is asked for, it is ignored. */
  readonly returnTo?: string | undefined;
}

/** Never fails: whoever wants to log out can, and is sent nowhere that no client registered. */
export async function readLogoutRequest(
  { clients, idTokenHints }: LogoutDeps,
  list: readonly Parameter[],
): Promise<LogoutRequest> {
  const { values, repeated } = readAuthorizationParameters(list, logoutParameters);
  const hint = await idTokenHints?.(values.get('id_token_hint') ?? '');
  const named = values.get('client_id');
  // A client id that contradicts the token is a mix-up or an attack.
  if (repeated.size > 0 || (hint && named !== undefined && named !== hint.clientId)) return {};
  const clientId = hint?.clientId ?? named;
  const client = clientId === undefined ? undefined : await clients.findClient(clientId);
  if (!client?.active) return {};
  const asked = values.get('post_logout_redirect_uri');
  const isOwn = asked !== undefined && client.metadata.postLogoutRedirectUris?.includes(asked) === true;
  return { client, sessionId: hint?.sessionId, returnTo: isOwn ? withState(asked, values.get('state')) : undefined };
}

const logoutParameters: ReadonlyMap<string, number> = new Map([
  ['id_token_hint', 8_192],
  ['client_id', 255],
  ['post_logout_redirect_uri', 2_048],
  ['state', 1_024],
]);

function withState(uri: string, state: string | undefined): string {
  if (state === undefined) return uri;
  return `${uri}${uri.includes('?') ? '&' : '?'}${new URLSearchParams({ state })}`;
}
