import { verify } from 'node:crypto';
import type { VerificationKey } from '../apis/verification-key.js';

/**
 * What can be said of a token without asking: `ask` for one that may be good (only the key manager knows whether it was
 * revoked), a refusal for one that cannot be, `undecidable` when it names a key that is not known here and too many such
 * ones have come.
 */
export type JwtJudgement = 'ask' | 'invalid' | 'expired' | 'undecidable';

export interface JwtGateOptions {
  /** Of the newest catalogue; undefined before the first one. */
  readonly keys: () => ReadonlyMap<string, VerificationKey> | undefined;
  /** WSO2: enforce_type_header_validation. An id_token, which is signed with the same keys, then opens nothing. */
  readonly enforceType: boolean;
}

/** Clocks of key manager and gateway may differ by this much; the key manager decides about what is in between. */
const skewMillis = 60_000;
/** Header and payload longer than any that is made of 8 KiB. */
const shape = /^(eyJ[\w-]+)\.([\w-]+)\.([\w-]+)$/;
const maxKid = 256;

/** Questions about keys that are not known here: a new key may be ahead of the catalogue, a flood of made-up ones is not. */
const questionsPerSecond = 20;
const mostQuestions = 100;

/**
 * Verifies tokens that look like JWTs before anybody is asked about them, so that a flood of forged ones costs the key
 * manager nothing. Whatever looks otherwise is `ask`.
 */
export class JwtGate {
  readonly #options: JwtGateOptions;
  #questions = mostQuestions;
  #refilledAt = 0;

  constructor(options: JwtGateOptions) {
    this.#options = options;
  }

  judge(token: string, now: number): JwtJudgement {
    const parts = shape.exec(token);
    if (parts === null) return 'ask';
    const [, head = '', body = '', signature = ''] = parts;
    const header = objectOf(head);
    if (header === undefined || !this.#isAcceptable(header)) return 'invalid';
    const { alg, kid } = header;
    if (typeof kid !== 'string' || kid.length > maxKid) return 'invalid';
    const key = this.#options.keys()?.get(kid);
    if (key === undefined) return this.#mayAsk(now) ? 'ask' : 'undecidable';
    // The key says which algorithm it is for, never the token: no HMAC with a public key, no `none`.
    if (alg !== key.alg || !isSignedBy(key, token.slice(0, head.length + 1 + body.length), signature)) return 'invalid';
    return judgeClaims(objectOf(body), key, now);
  }

  #isAcceptable({ typ, crit, b64 }: Record<string, unknown>): boolean {
    // RFC 7515 §4.1.11: extensions that are not understood must be refused, and none is understood here.
    if (crit !== undefined || b64 !== undefined) return false;
    // RFC 9068 §4.
    return !this.#options.enforceType || (typeof typ === 'string' && /^(?:application\/)?at\+jwt$/i.test(typ));
  }

  #mayAsk(now: number): boolean {
    const refill = ((now - this.#refilledAt) / 1_000) * questionsPerSecond;
    this.#questions = Math.min(mostQuestions, this.#questions + Math.max(0, refill));
    this.#refilledAt = now;
    if (this.#questions < 1) return false;
    this.#questions -= 1;
    return true;
  }
}

function isSignedBy({ key }: VerificationKey, input: string, signature: string): boolean {
  // RFC 7518 §3.4: R and S side by side. RSA has no use for the option.
  const options = { key, dsaEncoding: 'ieee-p1363' } as const;
  return verify('sha256', Buffer.from(input, 'ascii'), options, Buffer.from(signature, 'base64url'));
}

function judgeClaims(claims: Record<string, unknown> | undefined, key: VerificationKey, now: number): JwtJudgement {
  if (claims === undefined) return 'invalid';
  const { iss, exp, nbf } = claims;
  if (key.issuer !== '' && iss !== key.issuer) return 'invalid';
  // RFC 9068 §2.2: there is no access token without an end.
  if (typeof exp !== 'number') return 'invalid';
  if (exp * 1_000 + skewMillis <= now) return 'expired';
  return typeof nbf === 'number' && nbf * 1_000 - skewMillis > now ? 'invalid' : 'ask';
}

function objectOf(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
