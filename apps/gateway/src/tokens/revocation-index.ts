import type { Revocation } from '@keygate/proto/keymanager/v1/revocation';
import type { Clock } from './clock.js';

/** What of a token a revocation can be about. */
export interface TokenIdentity {
  /** SHA-256 of the access token, as a string of 32 one-byte characters. */
  readonly hashKey: string;
  readonly grantId: string;
  readonly clientId: string;
  /** Full user name; empty for application tokens. */
  readonly user: string;
  /** Milliseconds since the epoch. */
  readonly issuedAt: number;
}

interface Mark {
  readonly revokedAt: number;
  readonly seq: number;
  readonly heardAt: number;
}

export interface RevocationIndexOptions {
  readonly clock: Clock;
  /** How long facts that this index must contradict may linger in a cache. */
  readonly retentionMillis: number;
  readonly capacity: number;
  /** A revocation had to be forgotten while a cache may still hold what it forbids. */
  readonly onOverflow: () => void;
}

/** A single token's revocation also removes it from the cache; here it need only outlive fills that had begun. */
const longestFillMillis = 60_000;

/**
 * The revocations heard lately. A cache fill that began before a revocation finds it here and does not bring the
 * token back. Bounded: the oldest go first.
 */
export class RevocationIndex {
  private readonly options: RevocationIndexOptions;
  private readonly hashes = new Map<string, Mark>();
  private readonly groups = new Map<string, Mark>();
  private groupVersion = 0;

  constructor(options: RevocationIndexOptions) {
    this.options = options;
  }

  /** Changes whenever a revocation of a whole grant, client or user arrives. */
  get version(): number {
    return this.groupVersion;
  }

  add({ target, revokedAt, seq }: Revocation): void {
    const mark = { revokedAt, seq, heardAt: this.options.clock.now() };
    switch (target?.$case) {
      case 'tokenHash':
        this.remember(this.hashes, Buffer.from(target.tokenHash).toString('latin1'), mark, longestFillMillis);
        return;
      case 'grantId':
        this.addGroup(grantKey(target.grantId), mark);
        return;
      case 'clientId':
        this.addGroup(clientKey(target.clientId), mark);
        return;
      case 'subject':
        this.addGroup(subjectKey(target.subject), mark);
    }
  }

  /** Whether a fact taken from an answer that reflects revocations up to `answeredSeq` has been overtaken. */
  forbids(token: TokenIdentity, answeredSeq: number): boolean {
    return this.hashes.has(token.hashKey) || this.forbidsGroup(token, answeredSeq);
  }

  /** The same, for a token whose own revocation would have been seen. */
  forbidsGroup(token: TokenIdentity, answeredSeq: number): boolean {
    if (this.groups.size === 0) return false;
    return this.marksOf(token).some((mark) => overtakes(mark, token, answeredSeq));
  }

  /**
   * Whether a grant, client or user of the token was revoked after an answer up to `answeredSeq`, and by the clocks the
   * token is newer. It can have been made in between all the same, on what was true before: the time of a revocation
   * is taken before its commit, and clocks of key managers differ. Only the key manager knows.
   */
  leavesInDoubt(token: TokenIdentity, answeredSeq: number): boolean {
    if (this.groups.size === 0) return false;
    return this.marksOf(token).some((mark) => mark !== undefined && mark.seq > answeredSeq);
  }

  private marksOf({ grantId, clientId, user }: TokenIdentity): (Mark | undefined)[] {
    // The subject of an application's own token is the client (RFC 9068 §2.2).
    return [grantKey(grantId), clientKey(clientId), subjectKey(user || clientId)].map((key) => this.groups.get(key));
  }

  private addGroup(key: string, mark: Mark): void {
    this.groupVersion += 1;
    this.remember(this.groups, key, mark, this.options.retentionMillis);
  }

  private remember(marks: Map<string, Mark>, key: string, mark: Mark, neededMillis: number): void {
    const known = marks.get(key);
    // Deleted first, so that the map stays in the order of hearing.
    marks.delete(key);
    marks.set(key, known === undefined ? mark : laterOf(known, mark));
    this.prune(marks, mark.heardAt, neededMillis);
  }

  private prune(marks: Map<string, Mark>, now: number, neededMillis: number): void {
    for (const [key, { heardAt }] of marks) {
      const age = now - heardAt;
      const outlived = age > this.options.retentionMillis && age > longestFillMillis;
      if (!outlived && marks.size <= this.options.capacity) return;
      marks.delete(key);
      if (!outlived && age <= neededMillis) this.options.onOverflow();
    }
  }
}

const grantKey = (id: string) => `g${id}`;
const clientKey = (id: string) => `c${id}`;
const subjectKey = (name: string) => `s${name}`;

/** In the one millisecond they share, the sequence number says which came first. */
function overtakes(mark: Mark | undefined, { issuedAt }: TokenIdentity, answeredSeq: number): boolean {
  if (mark === undefined) return false;
  return issuedAt < mark.revokedAt || (issuedAt === mark.revokedAt && mark.seq > answeredSeq);
}

function laterOf(known: Mark, mark: Mark): Mark {
  return {
    revokedAt: Math.max(known.revokedAt, mark.revokedAt),
    seq: Math.max(known.seq, mark.seq),
    heardAt: mark.heardAt,
  };
}
