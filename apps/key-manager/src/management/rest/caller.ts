/** Who calls a REST API, as of now. */
export interface Caller {
  /** Full user name. */
  readonly subject: string;
  readonly tenantDomain: string;
  readonly roles: readonly string[];
  /** The other end of the connection, for the audit log; absent until the request is let in. */
  readonly clientAddress?: string | undefined;
}

/** A caller by access token, with what the token is good for. */
export interface TokenCaller extends Caller {
  readonly scopes: readonly string[];
}

export const BearerAuthentication = Symbol('BearerAuthentication');
export interface BearerAuthentication {
  /** Undefined for a token that is unknown, expired, revoked, or whose client or user is gone. */
  authenticate(accessToken: string): Promise<TokenCaller | undefined>;
}

/** A token with any one of the scopes; 401 without. */
export interface ByToken {
  readonly by: 'token';
  readonly scopes: readonly string[];
}

/** Everyone; a token is looked at if it comes, and must then be good. */
export interface ByAnyone {
  readonly by: 'anyone';
}

/** User name and password in a Basic header, and the role if one is named. */
export interface ByPassword {
  readonly by: 'password';
  readonly role?: string | undefined;
}

/** Who may call a route; every route says it, there is no default. */
export type Access = ByToken | ByAnyone | ByPassword;

export const token = (...scopes: string[]): ByToken => ({
  by: 'token',
  scopes: scopes.map((name) => `apim:${name}`),
});
export const anyone: ByAnyone = { by: 'anyone' };
export const password = (role?: string): ByPassword => ({ by: 'password', role });
