import { createHmac, randomBytes } from 'node:crypto';
import type { AuthenticateUserRequest, AuthenticateUserResponse } from '@keygate/proto/keymanager/v1/identity';
import type { Revocation } from '@keygate/proto/keymanager/v1/revocation';
import type { Login, UserSource, UserVerdict } from '../pipeline/ports.js';
import type { Clock } from '../tokens/clock.js';
import type { Hearing } from '../tokens/hearing.js';
import { TwoGenerations } from '../tokens/two-generations.js';

export interface BasicUsersOptions {
  /** Rejects when the key manager cannot be asked. */
  readonly ask: (request: AuthenticateUserRequest) => Promise<AuthenticateUserResponse>;
  readonly clock: Clock;
  readonly hearing: Pick<Hearing, 'trusts'>;
  /** How long a right password is remembered as right. */
  readonly ttlSeconds: number;
  readonly maxEntries: number;
}

interface Known {
  readonly verdict: UserVerdict;
  readonly until: number;
  readonly verifiedAt: number;
  readonly cachedAt: number;
  /** How many revocations of users had been heard when the question was asked. */
  readonly heard: number;
}

/** A wrong password costs the key manager a slow hash; the same one again at once need not. */
const refusedMillis = 2_000;
const maxFlights = 200;
const maxEnded = 20_000;
const undecidable: UserVerdict = { state: 'undecidable', retryAfterSeconds: 2 };

/**
 * Names and passwords of API calls. The key manager says whether they are right; for a while that is remembered under a
 * keyed hash of both, whose key never leaves this process, so that no password is kept in any form that can be tried.
 */
export class BasicUsers implements UserSource {
  readonly #options: BasicUsersOptions;
  readonly #secret = randomBytes(32);
  readonly #known: TwoGenerations<Known>;
  readonly #flights = new Map<string, Promise<UserVerdict>>();
  /** Users whose tokens were revoked: another password, a lock, a lost role. By user, the number of that revocation. */
  #ended = new Map<string, number>();
  #heard = 0;
  /** Answers to questions from before this many revocations are not kept. */
  #floor = 0;

  constructor(options: BasicUsersOptions) {
    this.#options = options;
    this.#known = new TwoGenerations(options.maxEntries);
  }

  authenticate(login: Login, clientAddress: string): UserVerdict | Promise<UserVerdict> {
    const key = this.#keyOf(login);
    const known = this.#known.get(key);
    if (known !== undefined && this.#isGood(known)) return known.verdict;
    const underWay = this.#flights.get(key);
    if (underWay !== undefined) return underWay;
    if (this.#flights.size >= maxFlights) return undecidable;
    const flight = this.#ask(key, { ...login, clientAddress }).finally(() => this.#flights.delete(key));
    this.#flights.set(key, flight);
    return flight;
  }

  revoked({ target }: Revocation): void {
    if (target?.$case !== 'subject') return;
    this.#heard += 1;
    if (this.#ended.size >= maxEnded) {
      this.#ended = new Map();
      this.#known.clear();
      this.#floor = this.#heard;
    }
    this.#ended.set(target.subject, this.#heard);
  }

  #keyOf({ userName, password }: Login): string {
    // The length in front: no other split of the same text may have the same hash.
    return createHmac('sha256', this.#secret).update(`${userName.length}:${userName}${password}`).digest('base64url');
  }

  #isGood(known: Known): boolean {
    const now = this.#options.clock.now();
    if (now >= known.until) return false;
    if (known.verdict.state !== 'active') return true;
    return !this.#isOvertaken(known.verdict.facts.user, known.heard) && this.#options.hearing.trusts(known, now);
  }

  #isOvertaken(user: string, heard: number): boolean {
    return heard < this.#floor || (this.#ended.get(user) ?? 0) > heard;
  }

  async #ask(key: string, request: AuthenticateUserRequest): Promise<UserVerdict> {
    const { clock, ask } = this.#options;
    const askedAt = clock.now();
    const heard = this.#heard;
    let verdict: UserVerdict;
    try {
      verdict = verdictOf(await ask(request));
    } catch {
      return undecidable;
    }
    const ttlMillis = verdict.state === 'active' ? this.#options.ttlSeconds * 1_000 : refusedMillis;
    // Good for the requests that asked, which came before the revocation did, and for no other.
    const isStale = verdict.state === 'active' && this.#isOvertaken(verdict.facts.user, heard);
    if (verdict.state !== 'undecidable' && !isStale) {
      this.#known.set(key, { verdict, until: askedAt + ttlMillis, verifiedAt: askedAt, cachedAt: askedAt, heard });
    }
    return verdict;
  }
}

function verdictOf({ result }: AuthenticateUserResponse): UserVerdict {
  if (result?.$case === 'refused') {
    const { retryAfter } = result.refused;
    return retryAfter === 0 ? { state: 'invalid' } : { state: 'slowed', retryAfterSeconds: retryAfter };
  }
  // A newer key manager may say more than this gateway understands; that is no reason to let anyone in or out.
  if (result?.$case !== 'user') return undecidable;
  const { user, tenantDomain, scopes } = result.user;
  return {
    state: 'active',
    facts: {
      clientId: '',
      applicationId: '',
      keyType: 'PRODUCTION',
      kind: 'USER',
      user,
      tenantDomain,
      scopes: [...scopes],
    },
  };
}
