import type { Answer, Client } from './https-client.js';
import { secret } from './secrets.js';

export interface Consumer {
  readonly consumerKey: string;
  readonly consumerSecret: string;
}

export interface TokenAnswer {
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly token_type: string;
  readonly expires_in: number;
  readonly scope: string;
}

export const basic = (name: string, password: string) =>
  `Basic ${Buffer.from(`${name}:${password}`, 'utf8').toString('base64')}`;

export const bearer = (accessToken: string) => ({ Authorization: `Bearer ${accessToken}` });

/** Speaks RFC 6749 to one pair of token and revocation URLs; every token it gets is remembered as a secret. */
export function tokenClient(client: Client, urls: { tokenUrl: string; revokeUrl: string }, consumer: Consumer) {
  const authorization = basic(consumer.consumerKey, consumer.consumerSecret);
  const post = (url: string, parameters: Record<string, string>, headers = {}): Promise<Answer> =>
    client.call(url, {
      method: 'POST',
      headers: { Authorization: authorization, 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams(parameters).toString(),
    });
  const request = (parameters: Record<string, string>, headers: Record<string, string> = {}) =>
    post(urls.tokenUrl, parameters, headers);
  const granted = async (parameters: Record<string, string>): Promise<TokenAnswer> => {
    const answer = await request(parameters);
    if (answer.status !== 200) {
      throw new Error(`${parameters.grant_type} answered ${answer.status}: ${answer.text}`);
    }
    return remember(answer.json<TokenAnswer>());
  };
  return {
    /** The raw answer to a token request. */
    request,
    password: (username: string, password: string, scope?: string) =>
      granted({ grant_type: 'password', username, password, ...(scope === undefined ? {} : { scope }) }),
    refresh: (refreshToken: string) => granted({ grant_type: 'refresh_token', refresh_token: refreshToken }),
    clientCredentials: (scope?: string) =>
      granted({ grant_type: 'client_credentials', ...(scope === undefined ? {} : { scope }) }),
    revoke: (token: string, hint?: string) =>
      post(urls.revokeUrl, { token, ...(hint === undefined ? {} : { token_type_hint: hint }) }),
  };
}

export type TokenClient = ReturnType<typeof tokenClient>;

export function remember(tokens: TokenAnswer): TokenAnswer {
  secret(tokens.access_token, 'an access token');
  if (tokens.refresh_token !== undefined) {
    secret(tokens.refresh_token, 'a refresh token');
  }
  return tokens;
}
