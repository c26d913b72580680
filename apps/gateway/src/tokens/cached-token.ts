import {
  KeyType,
  type TokenFacts as WireTokenFacts,
  TokenKind as WireTokenKind,
} from '@keygate/proto/keymanager/v1/key_validation';
import { compileRestrictions } from '../pipeline/credentials/key-restrictions.js';
import type { TokenFacts, TokenVerdict } from '../pipeline/ports.js';
import type { TokenIdentity } from './revocation-index.js';
import { TwoGenerations } from './two-generations.js';

export type ActiveVerdict = Extract<TokenVerdict, { state: 'active' }>;

/** A token in memory. The token itself is not a part of it: it is found by its hash. */
export interface CachedToken extends TokenIdentity {
  readonly verdict: ActiveVerdict;
  /** Milliseconds since the epoch; Infinity for a token that never expires. */
  readonly expiresAt: number;
  /** When the key manager last vouched for it, milliseconds since the epoch. */
  readonly verifiedAt: number;
  /** When this process began to fetch it, milliseconds since the epoch. */
  readonly cachedAt: number;
  /** Revocations up to this sequence number were known to the answer it was made from. */
  readonly answeredSeq: number;
  /** `RevocationIndex.version` it was last compared with. */
  indexVersion: number;
  /** A revocation was heard: it stays dead. */
  isRevoked: boolean;
  /** This gateway passed on a revocation that may be about it: the key manager has to be asked. */
  isDoubted: boolean;
}

/**
 * Facts shared by all tokens of the same client, user and scopes, so that a million tokens do not hold a million
 * copies of them.
 */
export class SharedVerdicts {
  private readonly known = new TwoGenerations<ActiveVerdict>(50_000);

  of(wire: WireTokenFacts): ActiveVerdict {
    const key = JSON.stringify([
      wire.clientId,
      wire.applicationId,
      wire.keyType,
      wire.tokenKind,
      wire.user,
      wire.tenantDomain,
      wire.scopes,
      // Or a bound token would be taken for an unbound one of the same client, and need no proof.
      wire.cnfJkt,
      wire.cnfX5tS256,
      wire.audience,
      wire.permittedIps,
      wire.permittedReferers,
      wire.userClaims,
    ]);
    let verdict = this.known.get(key);
    if (verdict === undefined) {
      verdict = { state: 'active', facts: toFacts(wire) };
      this.known.set(key, verdict);
    }
    return verdict;
  }
}

function toFacts(wire: WireTokenFacts): TokenFacts {
  return {
    clientId: wire.clientId,
    applicationId: wire.applicationId,
    keyType: wire.keyType === KeyType.KEY_TYPE_SANDBOX ? 'SANDBOX' : 'PRODUCTION',
    kind: kindOf(wire.tokenKind),
    user: wire.user,
    tenantDomain: wire.tenantDomain,
    scopes: [...wire.scopes],
    audience: wire.audience.length === 0 ? undefined : [...wire.audience],
    restrictions: compileRestrictions(wire.permittedIps, wire.permittedReferers),
    ...confirmationOf(wire),
    ...(wire.userClaims !== undefined && { userClaims: JSON.parse(wire.userClaims) as Record<string, unknown> }),
  };
}

function kindOf(kind: WireTokenKind): TokenFacts['kind'] {
  if (kind === WireTokenKind.TOKEN_KIND_API_KEY) return 'API_KEY';
  return kind === WireTokenKind.TOKEN_KIND_APPLICATION_USER ? 'APPLICATION_USER' : 'APPLICATION';
}

function confirmationOf({ cnfJkt, cnfX5tS256 }: WireTokenFacts): Pick<TokenFacts, 'confirmation'> {
  if (cnfJkt !== undefined) return { confirmation: { method: 'jkt', thumbprint: cnfJkt } };
  if (cnfX5tS256 !== undefined) return { confirmation: { method: 'x5t#S256', thumbprint: cnfX5tS256 } };
  return {};
}
