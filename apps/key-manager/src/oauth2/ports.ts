import type {
  AccessTokenRecord,
  ClientWithSecrets,
  CodeKind,
  CodeRecord,
  NewTokens,
  RefreshTokenRecord,
  ResourceOwner,
  ReusablePair,
  RevocationTarget,
} from './model.js';

/** What the authorization server needs of the world. Every verb is one transaction. */

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
}

export const ClientStore = Symbol('ClientStore');
export interface ClientStore {
  /** As of now. */
  findClient(clientId: string): Promise<ClientWithSecrets | undefined>;
  /**
   * The client as it was a moment ago, if that is remembered: good enough to let it in, since issuing checks again that
   * it is active, and never a reason to refuse it.
   */
  rememberedClient?(clientId: string): ClientWithSecrets | undefined;
}

export const ResourceOwners = Symbol('ResourceOwners');
export interface ResourceOwners {
  /**
   * The user, if the name and password are right. Unknown, locked and wrong take the same time and look the same.
   * Throws `TemporarilyUnavailable` when too many checks are queued. `clientAddress` is who asks, as the gateway or the
   * key manager's own listener saw it: guesses are counted by it.
   */
  authenticate(username: string, password: string, clientAddress: string): Promise<ResourceOwner | undefined>;
  /**
   * The user without a password check, as of now or a few seconds ago: `tokenEpoch` says which. Undefined when gone or
   * locked.
   */
  find(subject: string): Promise<ResourceOwner | undefined>;
  /** What `find` answers next is read anew: what it answered was found to be out of date. */
  forget(subject: string): void;
}

export const ScopeStore = Symbol('ScopeStore');
export interface ScopeStore {
  /** The role bindings of those of `names` that are registered in the tenant; an empty list binds no role. */
  findScopes(tenantDomain: string, names: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>;
}

export const TokenStore = Symbol('TokenStore');
export interface TokenStore {
  /**
   * Resolves after the commit. Throws an error named `NotFound` when the client is gone or inactive by then, and one
   * named `EpochMoved` when the epoch of the user that the tokens rest on is another one. Of a user's own tokens that
   * epoch is also what they live under, so that one that moves at this very moment ends them.
   */
  saveTokens(tokens: NewTokens): Promise<void>;
  /**
   * Redeems the code and saves what it stands for, in one transaction. False, and nothing saved, when it was redeemed
   * before or isn't there: of several callers one is told true. Throws as `saveTokens` does.
   */
  redeemCode(kind: CodeKind, hash: Buffer, tokens: NewTokens): Promise<boolean>;
  findAccessToken(hash: Buffer): Promise<AccessTokenRecord | undefined>;
  findRefreshToken(hash: Buffer): Promise<RefreshTokenRecord | undefined>;
  /**
   * ACTIVE → ROTATED and the successor saved, decided by the row count of one update. Revokes the access tokens of
   * the rotated token's own pair, and marks the predecessor's successor as used. False: another request was first.
   */
  rotateRefreshToken(presented: Buffer, salt: Buffer, successor: NewTokens): Promise<boolean>;
  /**
   * One more access token beside an ACTIVE refresh token, which it dies with. False, and nothing saved, when that one
   * is not ACTIVE any more.
   */
  addAccessToken(refreshHash: Buffer, accessToken: NewTokens['accessToken']): Promise<boolean>;
  /** The pair that was last kept under `key`, while its access token lives (`reuseActiveToken`). */
  findReusable(key: Buffer): Promise<ReusablePair | undefined>;
  /**
   * Saves the tokens and keeps the pair under `key`, unless a live one is kept there: of many callers at once one
   * saves, and all are answered its pair. Throws as `saveTokens` does.
   */
  saveReusable(key: Buffer, salt: Buffer, tokens: NewTokens): Promise<ReusablePair>;
  /** Counts one replay inside the grace window unless `limit` is reached; false when it is. */
  countReplay(presented: Buffer, limit: number): Promise<boolean>;
  /** Notes that an access token was seen, which ends the grace window of the refresh token it came from. */
  markAccessTokenUsed(hash: Buffer): Promise<void>;
  /**
   * Marks the rows and appends the revocation that gateways are told, in one transaction. False when all that `target`
   * names was dead already or isn't there: of several callers only one is told true for one grant. `recorded` goes into
   * the audit log with it, so that neither is there without the other; not when the answer is false.
   */
  revokeBy(target: RevocationTarget, at: number, recorded?: AuditEvent): Promise<boolean>;
  /** The sequence number of the newest committed revocation. */
  revocationSeq(): Promise<number>;
}

export const CodeStore = Symbol('CodeStore');
export interface CodeStore {
  /** Throws `AlreadyExists` for a hash that is there. */
  saveCode(code: Omit<CodeRecord, 'version' | 'redeemedAt'>): Promise<void>;
  /** Also when it has expired or was redeemed: the caller judges. */
  findCode(kind: CodeKind, hash: Buffer): Promise<CodeRecord | undefined>;
  /** Replaces the body of one that is not redeemed and still of `version`; false otherwise. */
  changeCode(kind: CodeKind, hash: Buffer, version: number, body: CodeRecord['body']): Promise<boolean>;
  /** Uses it up without making tokens; true for the first caller only. */
  takeCode(kind: CodeKind, hash: Buffer): Promise<boolean>;
}

export const ReplayGuard = Symbol('ReplayGuard');
export interface ReplayGuard {
  /** True the first time `id` is seen in `space`. It is remembered until `expiresAt`, milliseconds since the epoch. */
  firstUse(space: string, id: string, expiresAt: number): Promise<boolean>;
}

export const AuditLog = Symbol('AuditLog');
export interface AuditLog {
  record(event: AuditEvent): Promise<void>;
}

export interface AuditEvent {
  readonly tenantDomain: string;
  /** Who: full user name or client id. */
  readonly actor: string;
  /** What, in the past tense and dotted: `refresh_token.reused`. */
  readonly action: string;
  /** On what: an id, never a secret. */
  readonly target: string;
  readonly clientAddress?: string | undefined;
  readonly detail?: Readonly<Record<string, string | number | boolean>> | undefined;
}

/** Randomness and keyed derivation; a port so that tests are repeatable. */
export const TokenValues = Symbol('TokenValues');
export interface TokenValues {
  /** 32 lowercase hex characters, 128 random bits. */
  random(): string;
  /** 16 random bytes. */
  salt(): Buffer;
  /** The pair that rotating `presented` with `salt` gives, the same each time; 32 lowercase hex each. */
  successorOf(presented: string, salt: Buffer): { readonly accessToken: string; readonly refreshToken: string };
  /** The pair that belongs to the random `salt` of a row, the same each time; 32 lowercase hex each. */
  reusableOf(salt: Buffer): { readonly accessToken: string; readonly refreshToken: string };
}
