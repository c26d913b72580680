/** The two processes that listen to strangers. */
export type Listener = 'key manager' | 'gateway';

/** What an answer looks like, whoever asked. */
export type Shape =
  /** RFC 6749 §5.2: JSON with `error`, never kept by a cache. */
  | 'oauth'
  /** RFC 7662 §2.2 for a token that is none. */
  | 'inactive'
  /** RFC 7009 §2.2: the status says it all. */
  | 'revoked'
  | 'empty'
  /** A page for a person, with its security headers. */
  | 'page'
  /** 302, and the address it leads to is checked by `location`. */
  | 'redirect'
  /** JSON of either kind, from in front of the endpoints. */
  | 'refused'
  /** A redirect of the gateway, which takes the query along. */
  | 'hand-over'
  /** A document that anybody may read. */
  | 'document'
  /** WSO2's `{code, message, description}`. */
  | 'wso2'
  | 'scim'
  /** RFC 7591 §3.2.2. */
  | 'registration';

export interface Expected {
  readonly status: number;
  readonly shape: Shape;
  /** OAuth error code; for `wso2` its `code`. */
  readonly error?: string | number;
  /** A form shows again what was typed in: escaped, as the check still sees to. */
  readonly repeats?: boolean;
  /** Headers with what they have to match; undefined: must not be there. */
  readonly headers?: Readonly<Record<string, RegExp | undefined>>;
}

/**
 * One hostile request as data. `{client}`, `{secret}`, `{user}` and `{password}` in any text stand for what is right, and
 * `{canary}` for a text that no answer may repeat.
 */
export interface Attack {
  readonly at: Listener;
  readonly endpoint: string;
  readonly what: string;
  readonly method: string;
  readonly path: string;
  /** Empty: none is sent. */
  readonly authorization: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer;
  readonly answer: Expected;
  /** Costs a password hash or starts something: left out where requests are repeated by the thousand. */
  readonly costly?: boolean;
}

/** In every text a client can choose; a page or an error that shows it is a door for cross-site scripting. */
export const canary = `canary'"<i>&`;

export const clientBasic = 'Basic {client}:{secret}';
export const form = 'application/x-www-form-urlencoded';

export const oauth = (status: number, error: string, headers: Expected['headers'] = {}): Expected => ({
  status,
  shape: 'oauth',
  error,
  headers,
});

export const invalidRequest = (status = 400) => oauth(status, 'invalid_request');
export const invalidClient = oauth(401, 'invalid_client', { 'www-authenticate': /^Basic realm="/ });
export const page = (status: number): Expected => ({ status, shape: 'page' });
export const wso2 = (status: number, headers: Expected['headers'] = {}): Expected => ({
  status,
  shape: 'wso2',
  error: status,
  headers,
});
