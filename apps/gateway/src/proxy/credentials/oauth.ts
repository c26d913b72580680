import type { Reply } from '@keygate/common/documents';
import type { CompiledEndpointSecurity } from '../../apis/compiled-endpoint.js';
import { GatewayError } from '../../pipeline/gateway-errors.js';
import type { BackendCredentials } from './backend-credentials.js';
import { basicAuthorization } from './basic.js';

export type OAuthSecurity = Extract<CompiledEndpointSecurity, { readonly type: 'oauth' }>;

export interface OAuthPorts {
  /** POSTs a form to the token URL; rejects when there is no answer in time. */
  readonly post: (url: string, headers: Readonly<Record<string, string>>, form: string) => Promise<Reply>;
  /** Milliseconds. */
  readonly now: () => number;
  readonly count: (result: 'fetched' | 'failed') => void;
}

interface Token {
  readonly authorization: string;
  readonly usableUntil: number;
}

/**
 * A token of the gateway's own for the backends of one endpoint, by client_credentials or password (RFC 6749 section
 * 4.3, 4.4). Kept until shortly before it expires, fetched once however many calls wait for it, and after a failure not
 * asked for again at once: what fails is answered by the same fault until then.
 */
export function oauthCredentials(security: OAuthSecurity, { post, now, count }: OAuthPorts): BackendCredentials {
  let token: Token | undefined;
  let fetching: Promise<string> | undefined;
  let failure: { readonly error: GatewayError; readonly until: number } | undefined;

  async function fetch(): Promise<string> {
    try {
      const askedAt = now();
      const reply = await post(security.tokenUrl, headersOf(security), formOf(security)).catch((cause: unknown) => {
        throw unavailable(cause);
      });
      token = tokenOf(reply, askedAt);
      failure = undefined;
      count('fetched');
      return token.authorization;
    } catch (error) {
      failure = { error: error as GatewayError, until: now() + pauseMillis };
      count('failed');
      throw error;
    } finally {
      fetching = undefined;
    }
  }

  return {
    authorize() {
      if (token !== undefined && now() < token.usableUntil) return token.authorization;
      if (failure !== undefined && now() < failure.until) throw failure.error;
      fetching ??= fetch();
      return fetching;
    },
    refused({ authorization, isReplayable, isSafe }) {
      // Another call may have brought a new one meanwhile.
      if (token?.authorization === authorization) token = undefined;
      return isSafe && isReplayable ? 'again' : 'pass';
    },
  };
}

const pauseMillis = 1_000;

/** How long before its end a token is not used any more: what is sent now arrives later, and clocks differ. */
const marginMillis = 10_000;

/** A token without `expires_in` is taken for as long as this. */
const unknownLifeSeconds = 300;

function headersOf({ clientId, clientSecret }: OAuthSecurity): Record<string, string> {
  return {
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
    // RFC 6749 section 2.3.1: both are form-encoded before they are joined.
    authorization: basicAuthorization(formEncoded(clientId), formEncoded(clientSecret)),
  };
}

function formOf({ grantType, username, password, parameters }: OAuthSecurity): string {
  const form = new URLSearchParams({ grant_type: grantType });
  if (grantType === 'password') {
    form.set('username', username);
    form.set('password', password);
  }
  for (let i = 0; i < parameters.length; i += 2) form.set(parameters[i] as string, parameters[i + 1] as string);
  return form.toString();
}

const formEncoded = (text: string) => new URLSearchParams({ v: text }).toString().slice(2);

function tokenOf({ status, body }: Reply, askedAt: number): Token {
  if (status >= 500 || status === 429) throw unavailable(new Error(`the token URL answered ${status}`));
  // Neither the body nor what was sent is for the log.
  if (status !== 200) throw refused(new Error(`the token URL answered ${status}`));
  const { access_token: value, token_type: type, expires_in: life } = parsed(body);
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value)) {
    throw refused(new Error('the token URL answered without a usable access_token'));
  }
  if (type !== undefined && String(type).toLowerCase() !== 'bearer') {
    throw refused(new Error('the token is of a kind that this gateway cannot show'));
  }
  const seconds = Number(life);
  const lifeMillis = (Number.isFinite(seconds) && seconds > 0 ? seconds : unknownLifeSeconds) * 1_000;
  return {
    authorization: `Bearer ${value}`,
    usableUntil: askedAt + lifeMillis - Math.min(marginMillis, lifeMillis / 10),
  };
}

function parsed(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

const unavailable = (cause: unknown) =>
  new GatewayError('backendCredentialsUnavailable', { cause, headers: ['Retry-After', '1'] });

const refused = (cause: unknown) => new GatewayError('backendCredentialsRefused', { cause });
