import {
  isSignedBy,
  type KeySet,
  type KeySets,
  readJwt,
  type SignedJwt,
  verifiableAlgorithms,
} from '@keygate/common/jose';
import { type ForeignIssuers, type ForeignKeyManager, keysIn } from '../apis/foreign-key-managers.js';
import type { VerificationKey } from '../apis/verification-key.js';
import type { ForeignTokenSource, ForeignVerdict } from '../pipeline/ports.js';
import { TwoGenerations } from '../tokens/two-generations.js';
import { foreignFacts } from './foreign-facts.js';

export interface ForeignTokensOptions {
  readonly keySets: KeySets & { isAway(uri: string): boolean };
  /** Our own: a token that names one of them is ours, whatever issuer it names. */
  readonly ownKeys: () => ReadonlyMap<string, VerificationKey> | undefined;
  readonly now: () => number;
  readonly maxEntries: number;
}

/** A token that was judged good. */
interface Good {
  readonly verdict: Extract<ForeignVerdict, { state: 'active' }>;
  readonly issuer: string;
  readonly keyManager: ForeignKeyManager;
  readonly expiresAt: number;
  readonly verifiedAt: number;
}

/** After that long the signature is looked at again, by keys that may have been withdrawn. */
const trustMillis = 300_000;
/** Their clocks and ours may differ by this much. */
const skewMillis = 30_000;
const maxPemSets = 1_000;
const undecidable: ForeignVerdict = { state: 'undecidable', retryAfterSeconds: 2 };
const expired: ForeignVerdict = { state: 'expired' };
const invalid: ForeignVerdict = { state: 'invalid' };

/** JWTs of the key managers that tenants have named beside ours (WSO2: key managers of other types). */
export class ForeignTokens implements ForeignTokenSource {
  readonly #options: ForeignTokensOptions;
  readonly #good: TwoGenerations<Good>;
  /** Tokens without a foreign issuer, by token, with the issuer they name; spares reading each of ours each time. */
  readonly #issuers: TwoGenerations<string>;
  readonly #pemSets = new TwoGenerations<{ readonly keys: KeySet | undefined; readonly until: number }>(maxPemSets);

  constructor(options: ForeignTokensOptions) {
    this.#options = options;
    this.#good = new TwoGenerations(options.maxEntries);
    this.#issuers = new TwoGenerations(options.maxEntries);
  }

  lookup(accessToken: string, issuers: ForeignIssuers): ForeignVerdict | Promise<ForeignVerdict> | undefined {
    if (!accessToken.startsWith('eyJ')) return undefined;
    const own = this.#issuers.get(accessToken);
    if (own !== undefined && !issuers.has(own)) return undefined;
    const good = this.#good.get(accessToken);
    const now = this.#options.now();
    // The same key manager with the same settings, in the tenant of this API.
    if (good !== undefined && issuers.get(good.issuer) === good.keyManager && now - good.verifiedAt < trustMillis) {
      return now < good.expiresAt ? good.verdict : expired;
    }
    return this.#judge(accessToken, issuers, now);
  }

  #judge(token: string, issuers: ForeignIssuers, now: number): ForeignVerdict | Promise<ForeignVerdict> | undefined {
    const jwt = readJwt(token);
    const issuer = jwt?.claims.iss;
    if (jwt === undefined || typeof issuer !== 'string') return undefined;
    const keyManager = issuers.get(issuer);
    if (keyManager === undefined || this.#isOurs(jwt)) {
      if (keyManager === undefined) this.#issuers.set(ownCopy(token), issuer);
      return undefined;
    }
    if (keyManager.mustBeExchanged) return { state: 'exchange' };
    const times = timesOf(jwt, now);
    if (typeof times !== 'number') return times;
    const accept = (isGood: boolean): ForeignVerdict => {
      if (!isGood) return invalid;
      const verdict = { state: 'active' as const, facts: foreignFacts(jwt.claims, keyManager) };
      this.#good.set(ownCopy(token), { verdict, issuer, keyManager, expiresAt: times, verifiedAt: now });
      return verdict;
    };
    const { keys } = keyManager;
    if (keys === undefined) return undecidable;
    if ('uri' in keys)
      return this.#isSignedAt(keys.uri, jwt).then((isGood) => (isGood === undefined ? undecidable : accept(isGood)));
    const set = this.#keysIn(keys.pem, now);
    return set === undefined ? undecidable : accept(isSignedBy(jwt, set, verifiableAlgorithms));
  }

  #isOurs({ keyId }: SignedJwt): boolean {
    return keyId !== undefined && this.#options.ownKeys()?.has(keyId) === true;
  }

  #keysIn(pem: string, now: number): KeySet | undefined {
    const known = this.#pemSets.get(pem);
    if (known !== undefined && now < known.until) return known.keys;
    const keys = keysIn(pem, now);
    this.#pemSets.set(pem, { keys, until: now + trustMillis });
    return keys;
  }

  /** Undefined when the keys, or the newer ones that the token may need, cannot be had. */
  async #isSignedAt(uri: string, jwt: SignedJwt): Promise<boolean | undefined> {
    const { keySets } = this.#options;
    let set: KeySet;
    try {
      set = await keySets.keySetAt(uri);
    } catch {
      return undefined;
    }
    if (isSignedBy(jwt, set, verifiableAlgorithms)) return true;
    // One that names a key of the set is forged; only a new key is worth a question.
    if (jwt.keyId !== undefined && set.keys.some(({ kid }) => kid === jwt.keyId)) return false;
    const newer = await keySets.newerThan(set, uri);
    if (newer !== undefined) return isSignedBy(jwt, newer, verifiableAlgorithms);
    return keySets.isAway(uri) ? undefined : false;
  }
}

/** When it ends, milliseconds since the epoch, or the verdict on a token that is not valid now. */
function timesOf({ claims: { exp, nbf } }: SignedJwt, now: number): number | ForeignVerdict {
  if (typeof exp !== 'number') return invalid;
  const end = exp * 1_000 + skewMillis;
  if (end <= now) return expired;
  return typeof nbf === 'number' && nbf * 1_000 - skewMillis > now ? invalid : end;
}

/** A slice of a header would keep the whole request head in memory. */
const ownCopy = (text: string) => Buffer.from(text).toString();
