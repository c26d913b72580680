import type { ClientRequest, IssueTokenResponse, RevokeTokenResponse } from '@keygate/proto/keymanager/v1/token';

/** What the token endpoints ask of the key manager. */
export const TokenIssuer = Symbol('TokenIssuer');
export interface TokenIssuer {
  issueToken(request: ClientRequest, correlationId: string): Promise<IssueTokenResponse>;
  revokeToken(request: ClientRequest, correlationId: string): Promise<RevokeTokenResponse>;
}

/** Hears which tokens a client has just had revoked, so that this gateway does not answer for them from memory. */
export const RevokedTokens = Symbol('RevokedTokens');
export interface RevokedTokens {
  doubt(token: string): void;
}
