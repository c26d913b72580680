import { isSignedBy, readJwt, type SignedJwt } from '@keygate/common/jose';
import type { Revocation } from '@keygate/proto/keymanager/v1/revocation';
import type { VerificationKey } from '../apis/verification-key.js';
import type { InternalKeySource, InternalKeyVerdict } from '../pipeline/ports.js';
import { TwoGenerations } from '../tokens/two-generations.js';

export interface InternalKeysOptions {
  /** Of the newest catalogue; undefined before the first one. */
  readonly keys: () => ReadonlyMap<string, VerificationKey> | undefined;
  readonly now: () => number;
}

interface Judged {
  readonly verdict: Extract<InternalKeyVerdict, { state: 'active' }>;
  readonly signedWith: VerificationKey;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

const invalid: InternalKeyVerdict = { state: 'invalid' };
const maxEntries = 2_000;
const maxUsers = 20_000;
/** Clocks of key manager and gateway may differ by this much. */
const skewMillis = 60_000;

/**
 * Internal keys: JWTs of the key manager that open one API to its publisher. Judged here by the catalogue's signing keys,
 * so that trying an API needs nobody else; what ends them before their time is that their user's tokens are revoked.
 */
export class InternalKeys implements InternalKeySource {
  readonly #options: InternalKeysOptions;
  readonly #known = new TwoGenerations<Judged>(maxEntries);
  /** When the tokens of a user were last revoked. */
  readonly #ended = new TwoGenerations<number>(maxUsers);

  constructor(options: InternalKeysOptions) {
    this.#options = options;
  }

  judge(key: string): InternalKeyVerdict {
    const judged = this.#known.get(key) ?? this.#verify(key);
    if (judged === undefined || !this.#stands(judged)) return invalid;
    return judged.verdict;
  }

  revoked({ target, revokedAt }: Revocation): void {
    if (target?.$case !== 'subject') return;
    this.#ended.set(target.subject, Math.max(revokedAt, this.#ended.get(target.subject) ?? 0));
  }

  #stands({ verdict, signedWith, issuedAt, expiresAt }: Judged): boolean {
    if (this.#options.now() >= expiresAt) return false;
    // A key that was withdrawn vouches for nothing it signed before.
    if (this.#options.keys()?.get(signedWith.kid) !== signedWith) return false;
    return issuedAt > (this.#ended.get(verdict.facts.user) ?? -1);
  }

  #verify(key: string): Judged | undefined {
    const jwt = readJwt(key);
    if (jwt?.type !== 'internal-key+jwt' || jwt.keyId === undefined) return undefined;
    const signedWith = this.#options.keys()?.get(jwt.keyId);
    if (signedWith === undefined || !isSignedBy(jwt, { keys: [signedWith] }, [signedWith.alg])) return undefined;
    const judged = judgedOf(jwt, signedWith, this.#options.now());
    if (judged !== undefined) this.#known.set(Buffer.from(key).toString(), judged);
    return judged;
  }
}

function judgedOf({ claims }: SignedJwt, signedWith: VerificationKey, now: number): Judged | undefined {
  const { iss, sub, api_id: apiId, keytype, tenant_domain: tenantDomain, token_type: type, iat, nbf, exp } = claims;
  if (signedWith.issuer !== '' && iss !== signedWith.issuer) return undefined;
  if (type !== 'InternalKey' || typeof apiId !== 'string' || typeof sub !== 'string') return undefined;
  if (typeof exp !== 'number' || typeof iat !== 'number') return undefined;
  if (typeof nbf === 'number' && nbf * 1_000 - skewMillis > now) return undefined;
  const facts = {
    clientId: '',
    applicationId: '',
    keyType: keytype === 'SANDBOX' ? ('SANDBOX' as const) : ('PRODUCTION' as const),
    kind: 'INTERNAL' as const,
    user: sub,
    tenantDomain: typeof tenantDomain === 'string' ? tenantDomain : '',
    scopes: [],
  };
  return { verdict: { state: 'active', facts, apiId }, signedWith, issuedAt: iat * 1_000, expiresAt: exp * 1_000 };
}
