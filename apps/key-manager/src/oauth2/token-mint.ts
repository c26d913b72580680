import { accessTokenClaims, accessTokenType, type JwtFacts, neverExpires } from './access-token-jwt.js';
import { InvalidScope } from './errors.js';
import { createIdTokens, type IdTokenDeps } from './id-token.js';
import type { Authorization, Client, GrantRecord } from './model.js';
import type { TokenValues } from './ports.js';
import type { OAuth2Settings } from './settings.js';
import { maxTokenLength } from './token-hash.js';

export interface TokenMintDeps extends IdTokenDeps {
  readonly values: TokenValues;
  readonly settings: OAuth2Settings;
}

export interface TokenMint {
  /** Whether access tokens are JWTs (RFC 9068) rather than random values: as this request asks, or as the client's are. */
  mintsJwts(client: Client, asked?: Authorization['accessTokenFormat']): boolean;
  jwt(client: Client, facts: Omit<JwtFacts, 'issuer' | 'client' | 'jti'>): Promise<string>;
  /** Undefined where none is due: no user, or no scope `openid` (OpenID Connect Core §3.1.2.1). */
  idToken(client: Client, of: IdTokenOf): Promise<string | undefined> | undefined;
}

interface IdTokenOf {
  readonly authorization: Authorization;
  readonly grant: GrantRecord;
  readonly accessToken: string;
}

export function createTokenMint(deps: TokenMintDeps): TokenMint {
  const { signer, issuer, settings, values } = deps;
  const idTokens = createIdTokens(deps);
  return {
    mintsJwts: ({ metadata }, asked) => (asked ?? metadata.accessTokenFormat ?? settings.accessTokenFormat) === 'jwt',
    async jwt(client, facts) {
      const claims = accessTokenClaims({ ...facts, issuer, client, jti: values.random() });
      const { expiresAt = neverExpires } = facts;
      const jwt = await signer.sign({ typ: accessTokenType, claims, expiresAt });
      // No gateway would look at a longer one: better refused here than everywhere else.
      if (jwt.length > maxTokenLength) throw new InvalidScope('The scope does not fit into an access token.');
      return jwt;
    },
    idToken(client, { authorization, grant, accessToken }) {
      const { scope, issuedTokenType, rotates } = authorization;
      if (!scope.includes('openid') || grant.subject === undefined || issuedTokenType !== undefined) return undefined;
      const authentication = grant.details?.authentication;
      // OpenID Connect Core §12.2: the time of the login stays, its nonce was answered once.
      const told = rotates && authentication ? { ...authentication, nonce: undefined } : authentication;
      return idTokens(client, { subject: grant.subject, authentication: told, accessToken });
    },
  };
}
