import type {
  AccessTokenRecord,
  CodeKind,
  NewTokens,
  RefreshTokenRecord,
  ReusablePair,
  RevocationTarget,
} from '../../oauth2/model.js';
import type { AuditEvent, TokenStore } from '../../oauth2/ports.js';
import { isReusable, newReusable } from '../../oauth2/reusable-pair.js';
import { EpochMoved, NotFound } from '../errors.js';
import { assertStorable } from '../storable.js';
import type { AccessTokenRow, GrantRow, MemoryDatabase } from './memory-database.js';

const keyOf = (hash: Buffer): string => hash.toString('hex');

export class MemoryTokenStore implements TokenStore {
  constructor(private readonly db: MemoryDatabase) {}

  async saveTokens(tokens: NewTokens): Promise<void> {
    assertStorable(tokens);
    this.#insert(tokens);
  }

  async redeemCode(kind: CodeKind, hash: Buffer, tokens: NewTokens): Promise<boolean> {
    assertStorable(tokens);
    const code = this.db.codes.get(keyOf(hash));
    if (code?.kind !== kind || code.redeemedAt !== undefined) return false;
    // First what may throw: a transaction that fails redeems nothing.
    this.#insert(tokens);
    return this.db.redeemCode(kind, hash);
  }

  async findAccessToken(hash: Buffer): Promise<AccessTokenRecord | undefined> {
    return this.#accessToken(hash);
  }

  #accessToken(hash: Buffer): AccessTokenRecord | undefined {
    const row = this.db.accessTokens.get(keyOf(hash));
    const grant = row && this.db.grants.get(row.grantId);
    if (!row || !grant) return undefined;
    const { scope, issuedAt, expiresAt, confirmation } = row;
    const revoked = row.revoked || !this.#alive(grant);
    return { hash: row.hash, grant: grant.record, scope, issuedAt, expiresAt, confirmation, revoked };
  }

  async findRefreshToken(hash: Buffer): Promise<RefreshTokenRecord | undefined> {
    const row = this.db.refreshTokens.get(keyOf(hash));
    const grant = row && this.db.grants.get(row.grantId);
    if (!row || !grant) return undefined;
    const { generation, scope, issuedAt, expiresAt, confirmation } = row;
    const state = this.#alive(grant) ? row.state : 'REVOKED';
    return {
      hash: row.hash,
      grant: grant.record,
      generation,
      scope,
      issuedAt,
      expiresAt,
      confirmation,
      state,
      ...(row.rotation === undefined ? {} : { rotation: row.rotation }),
    };
  }

  async rotateRefreshToken(presented: Buffer, salt: Buffer, successor: NewTokens): Promise<boolean> {
    assertStorable(successor);
    const key = keyOf(presented);
    const row = this.db.refreshTokens.get(key);
    const grant = row && this.db.grants.get(row.grantId);
    if (!row || !grant || row.state !== 'ACTIVE' || !this.#alive(grant)) return false;
    const { accessToken } = successor;
    this.#insert(successor, key);
    row.state = 'ROTATED';
    row.rotation = {
      rotatedAt: accessToken.issuedAt,
      salt: Buffer.from(salt),
      replays: 0,
      successorUsed: false,
      successorAccessToken: {
        scope: accessToken.scope,
        expiresAt: accessToken.expiresAt,
        confirmation: accessToken.confirmation,
      },
    };
    for (const access of this.#accessTokensOf(row.grantId)) {
      if (access.refreshHash === key) this.#revokeAccessToken(access, accessToken.issuedAt);
    }
    const parent = row.parent === undefined ? undefined : this.db.refreshTokens.get(row.parent);
    if (parent?.rotation) parent.rotation = { ...parent.rotation, successorUsed: true };
    return true;
  }

  async addAccessToken(refreshHash: Buffer, accessToken: NewTokens['accessToken']): Promise<boolean> {
    const row = this.db.refreshTokens.get(keyOf(refreshHash));
    const grant = row && this.db.grants.get(row.grantId);
    if (row?.state !== 'ACTIVE' || !grant || !this.#alive(grant)) return false;
    const { grantId } = row;
    this.db.accessTokens.set(keyOf(accessToken.hash), {
      ...accessToken,
      grantId,
      refreshHash: keyOf(refreshHash),
      revoked: false,
    });
    return true;
  }

  async findReusable(key: Buffer): Promise<ReusablePair | undefined> {
    return this.#reusable(keyOf(key));
  }

  async saveReusable(key: Buffer, salt: Buffer, tokens: NewTokens): Promise<ReusablePair> {
    const known = this.#reusable(keyOf(key));
    if (isReusable(known, tokens.refreshToken !== undefined, tokens.accessToken.issuedAt)) return known;
    this.#insert(tokens);
    const { hash: accessHash, expiresAt } = tokens.accessToken;
    this.db.reusableTokens.set(keyOf(key), { salt, accessHash, expiresAt });
    return newReusable(salt, tokens);
  }

  #reusable(key: string): ReusablePair | undefined {
    const kept = this.db.reusableTokens.get(key);
    const accessToken = kept && this.#accessToken(kept.accessHash);
    if (!kept || !accessToken) return undefined;
    const { refreshHash } = this.db.accessTokens.get(keyOf(kept.accessHash)) ?? {};
    const refresh = refreshHash === undefined ? undefined : this.db.refreshTokens.get(refreshHash);
    return { salt: kept.salt, accessToken, refreshToken: refresh?.state === 'ACTIVE' ? refresh : undefined };
  }

  async countReplay(presented: Buffer, limit: number): Promise<boolean> {
    const row = this.db.refreshTokens.get(keyOf(presented));
    const grant = row && this.db.grants.get(row.grantId);
    if (row?.state !== 'ROTATED' || !row.rotation || !grant || !this.#alive(grant)) return false;
    if (row.rotation.successorUsed || row.rotation.replays >= limit) return false;
    row.rotation = { ...row.rotation, replays: row.rotation.replays + 1 };
    return true;
  }

  async markAccessTokenUsed(hash: Buffer): Promise<void> {
    const access = this.db.accessTokens.get(keyOf(hash));
    const refresh = access?.refreshHash === undefined ? undefined : this.db.refreshTokens.get(access.refreshHash);
    const parent = refresh?.parent === undefined ? undefined : this.db.refreshTokens.get(refresh.parent);
    if (parent?.rotation) parent.rotation = { ...parent.rotation, successorUsed: true };
  }

  async revokeBy(target: RevocationTarget, at: number, recorded?: AuditEvent): Promise<boolean> {
    assertStorable(target);
    const revoked = this.#revoke(target, at);
    if (revoked && recorded) this.db.appendAudit(recorded);
    return revoked;
  }

  #revoke(target: RevocationTarget, at: number): boolean {
    if (target.kind === 'grant') return this.#revokeGrant(target.grantId, at);
    if (target.kind === 'token') return this.#revokeToken(keyOf(target.hash), at);
    if (target.kind === 'subject') this.db.revokeSubject(target.subject, at);
    else this.db.revokeClient(target.clientId, at);
    return true;
  }

  async revocationSeq(): Promise<number> {
    return this.db.revocationSeq;
  }

  #insert(tokens: NewTokens, parent?: string): void {
    const { grant, accessToken, refreshToken } = tokens;
    const row = this.db.grants.get(grant.id) ?? this.#newGrant(tokens);
    if (!this.#alive(row)) throw new NotFound(`grant ${grant.id}`);
    this.db.grants.set(grant.id, row);
    const refreshHash = refreshToken === undefined ? undefined : keyOf(refreshToken.hash);
    this.db.accessTokens.set(keyOf(accessToken.hash), {
      ...accessToken,
      grantId: grant.id,
      refreshHash,
      revoked: false,
    });
    if (refreshToken === undefined || refreshHash === undefined) return;
    this.db.refreshTokens.set(refreshHash, { ...refreshToken, grantId: grant.id, parent, state: 'ACTIVE' });
  }

  #newGrant({ grant, restsOn }: NewTokens): GrantRow {
    const client = this.db.clients.get(grant.clientId);
    if (!client?.registration.active) throw new NotFound(`client ${grant.clientId}`);
    if (restsOn && this.db.subjectEpoch(restsOn.subject) !== restsOn.epoch) throw new EpochMoved(restsOn.subject);
    const subjectEpoch = this.db.subjectEpoch(grant.subject ?? grant.clientId);
    return { record: grant, clientEpoch: client.epoch, subjectEpoch, revoked: false };
  }

  #alive({ record, revoked, clientEpoch, subjectEpoch }: GrantRow): boolean {
    const client = this.db.clients.get(record.clientId);
    if (revoked || !client?.registration.active) return false;
    return client.epoch === clientEpoch && this.db.subjectEpoch(record.subject ?? record.clientId) === subjectEpoch;
  }

  #accessTokensOf(grantId: string): AccessTokenRow[] {
    return [...this.db.accessTokens.values()].filter((row) => row.grantId === grantId);
  }

  #revokeGrant(grantId: string, at: number): boolean {
    const grant = this.db.grants.get(grantId);
    if (grant === undefined || grant.revoked) return false;
    grant.revoked = true;
    let lastExpiry: number | undefined = at;
    for (const access of this.#accessTokensOf(grantId)) {
      if (!access.revoked && (access.expiresAt ?? Number.POSITIVE_INFINITY) > at) {
        lastExpiry =
          access.expiresAt === undefined || lastExpiry === undefined
            ? undefined
            : Math.max(lastExpiry, access.expiresAt);
      }
      this.#revokeAccessToken(access, at);
    }
    for (const refresh of this.db.refreshTokens.values()) if (refresh.grantId === grantId) refresh.state = 'REVOKED';
    this.db.appendRevocation({ kind: 'grant', grantId }, at, lastExpiry);
    return true;
  }

  #revokeToken(key: string, at: number): boolean {
    const access = this.db.accessTokens.get(key);
    const refresh = this.db.refreshTokens.get(key);
    const alive = access?.revoked === false || (refresh !== undefined && refresh.state !== 'REVOKED');
    if (access !== undefined) this.#revokeAccessToken(access, at);
    if (refresh !== undefined) refresh.state = 'REVOKED';
    return alive;
  }

  /** Gateways need not hear of a token that is dead anyway. */
  #revokeAccessToken(access: AccessTokenRow, at: number): void {
    if (access.revoked) return;
    access.revoked = true;
    if (access.expiresAt !== undefined && access.expiresAt <= at) return;
    this.db.appendRevocation({ kind: 'token', hash: access.hash }, at, access.expiresAt);
  }
}
