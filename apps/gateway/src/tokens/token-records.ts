import type { ActiveVerdict, CachedToken } from './cached-token.js';

const perChunk = 1_024;
const hashBytes = 32;
const grantBytes = 16;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const revoked = 1;
const doubted = 2;
/** Its grant's id is no UUID and is kept as text. */
const named = 4;

/** The numbers of a record, in the order in which they lie. */
const [issuedAt, expiresAt, verifiedAt, cachedAt, answeredSeq, numbers] = [0, 1, 2, 3, 4, 5];

const newChunk = () => ({
  hashes: new Uint8Array(perChunk * hashBytes),
  grants: Buffer.alloc(perChunk * grantBytes),
  numbers: new Float64Array(perChunk * numbers),
  verdicts: new Uint32Array(perChunk),
  versions: new Uint32Array(perChunk),
  flags: new Uint8Array(perChunk),
});
type Chunk = ReturnType<typeof newChunk>;

/**
 * Tokens as columns of numbers rather than as objects: about a hundred bytes each, and nothing in them for the garbage
 * collector to walk through. They are found by their hash, whose bytes are as good as random; the token itself is not kept.
 */
export class TokenRecords {
  /** Number of the record plus one; 0 is a free place. At most half of the places are taken. */
  private places = new Uint32Array(256);
  private readonly chunks: Chunk[] = [];
  private readonly verdicts: ActiveVerdict[] = [];
  private readonly verdictNumbers = new Map<ActiveVerdict, number>();
  private readonly grantNames = new Map<number, string>();
  private count = 0;

  get size(): number {
    return this.count;
  }

  /** The number of the record with this hash, or -1. */
  find(hashKey: string): number {
    const mask = this.places.length - 1;
    for (let place = placeOf(hashKey) & mask; ; place = (place + 1) & mask) {
      const number = (this.places[place] as number) - 1;
      if (number < 0 || this.hasHash(number, hashKey)) return number;
    }
  }

  /** Adds a token, or writes over what is known of it; answers its number. */
  put(token: CachedToken): number {
    let number = this.find(token.hashKey);
    if (number < 0) {
      if ((this.count + 1) * 2 > this.places.length) this.grow();
      number = this.count++;
      if (number % perChunk === 0) this.chunks.push(newChunk());
      this.occupy(placeOf(token.hashKey), number);
      const { hashes } = this.chunkOf(number);
      const start = (number % perChunk) * hashBytes;
      for (let i = 0; i < hashBytes; i++) hashes[start + i] = token.hashKey.charCodeAt(i);
    }
    this.write(number, token);
    return number;
  }

  /** What there is to know about a record. Only for as long as nothing is added. */
  view(number: number): RecordView {
    return new RecordView(this, number);
  }

  chunkOf(number: number): Chunk {
    return this.chunks[Math.floor(number / perChunk)] as Chunk;
  }

  verdictOf(number: number): ActiveVerdict {
    return this.verdicts[this.chunkOf(number).verdicts[number % perChunk] as number] as ActiveVerdict;
  }

  hashOf(number: number): string {
    const start = (number % perChunk) * hashBytes;
    return Buffer.from(this.chunkOf(number).hashes.subarray(start, start + hashBytes)).toString('latin1');
  }

  grantOf(number: number): string {
    const { flags, grants } = this.chunkOf(number);
    if ((flags[number % perChunk] as number) & named) return this.grantNames.get(number) ?? '';
    const start = (number % perChunk) * grantBytes;
    const hex = grants.toString('hex', start, start + grantBytes);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }

  private write(number: number, token: CachedToken): void {
    const chunk = this.chunkOf(number);
    const at = number % perChunk;
    const first = at * numbers;
    chunk.numbers[first + issuedAt] = token.issuedAt;
    chunk.numbers[first + expiresAt] = token.expiresAt;
    chunk.numbers[first + verifiedAt] = token.verifiedAt;
    chunk.numbers[first + cachedAt] = token.cachedAt;
    chunk.numbers[first + answeredSeq] = token.answeredSeq;
    chunk.verdicts[at] = this.numberOf(token.verdict);
    chunk.versions[at] = token.indexVersion;
    const isUuid = uuid.test(token.grantId);
    if (isUuid) chunk.grants.write(token.grantId.replaceAll('-', ''), at * grantBytes, 'hex');
    else this.grantNames.set(number, token.grantId);
    chunk.flags[at] = (token.isRevoked ? revoked : 0) | (token.isDoubted ? doubted : 0) | (isUuid ? 0 : named);
  }

  private numberOf(verdict: ActiveVerdict): number {
    let number = this.verdictNumbers.get(verdict);
    if (number === undefined) {
      number = this.verdicts.push(verdict) - 1;
      this.verdictNumbers.set(verdict, number);
    }
    return number;
  }

  private hasHash(number: number, hashKey: string): boolean {
    const { hashes } = this.chunkOf(number);
    const start = (number % perChunk) * hashBytes;
    for (let i = 0; i < hashBytes; i++) if (hashes[start + i] !== hashKey.charCodeAt(i)) return false;
    return true;
  }

  private occupy(wanted: number, number: number): void {
    const mask = this.places.length - 1;
    let place = wanted & mask;
    while (this.places[place] !== 0) place = (place + 1) & mask;
    this.places[place] = number + 1;
  }

  private grow(): void {
    this.places = new Uint32Array(this.places.length * 2);
    for (let number = 0; number < this.count; number++) {
      const { hashes } = this.chunkOf(number);
      const start = (number % perChunk) * hashBytes;
      this.occupy(
        firstFour((i) => hashes[start + i] as number),
        number,
      );
    }
  }
}

/** One record in the shape of a token. A short-lived object: the compiler usually makes none of it. */
export class RecordView implements CachedToken {
  private readonly chunk: Chunk;
  private readonly at: number;

  constructor(
    private readonly records: TokenRecords,
    private readonly number: number,
  ) {
    this.chunk = records.chunkOf(number);
    this.at = number % perChunk;
  }

  get hashKey(): string {
    return this.records.hashOf(this.number);
  }

  get grantId(): string {
    return this.records.grantOf(this.number);
  }

  get clientId(): string {
    return this.verdict.facts.clientId;
  }

  get user(): string {
    return this.verdict.facts.user;
  }

  get verdict(): ActiveVerdict {
    return this.records.verdictOf(this.number);
  }

  get issuedAt(): number {
    return this.chunk.numbers[this.at * numbers + issuedAt] as number;
  }

  get expiresAt(): number {
    return this.chunk.numbers[this.at * numbers + expiresAt] as number;
  }

  get verifiedAt(): number {
    return this.chunk.numbers[this.at * numbers + verifiedAt] as number;
  }

  get cachedAt(): number {
    return this.chunk.numbers[this.at * numbers + cachedAt] as number;
  }

  get answeredSeq(): number {
    return this.chunk.numbers[this.at * numbers + answeredSeq] as number;
  }

  get indexVersion(): number {
    return this.chunk.versions[this.at] as number;
  }

  set indexVersion(version: number) {
    this.chunk.versions[this.at] = version;
  }

  get isRevoked(): boolean {
    return this.has(revoked);
  }

  set isRevoked(isSet: boolean) {
    this.mark(revoked, isSet);
  }

  get isDoubted(): boolean {
    return this.has(doubted);
  }

  set isDoubted(isSet: boolean) {
    this.mark(doubted, isSet);
  }

  private has(flag: number): boolean {
    return ((this.chunk.flags[this.at] as number) & flag) !== 0;
  }

  private mark(flag: number, isSet: boolean): void {
    const flags = this.chunk.flags[this.at] as number;
    this.chunk.flags[this.at] = isSet ? flags | flag : flags & ~flag;
  }
}

const placeOf = (hashKey: string) => firstFour((i) => hashKey.charCodeAt(i));

/** The beginning of a hash as a number. */
function firstFour(byteAt: (i: number) => number): number {
  return (byteAt(0) | (byteAt(1) << 8) | (byteAt(2) << 16) | (byteAt(3) << 24)) >>> 0;
}
