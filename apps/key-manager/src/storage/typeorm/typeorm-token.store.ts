import { recordable } from '../../audit/recordable.js';
import type {
  AccessTokenRecord,
  CodeKind,
  NewTokens,
  RefreshTokenRecord,
  ReusablePair,
  RevocationTarget,
} from '../../oauth2/model.js';
import type { AuditEvent, Clock, TokenStore } from '../../oauth2/ports.js';
import { appendAudit } from './audit-rows.js';
import { endClientGrants, endSubjectGrants } from './coarse-revocation.js';
import type { Database, Session } from './database.js';
import { appendRevocations, type NewRevocation } from './feed-numbers.js';
import { grantColumns, grantIsAlive } from './grant-rows.js';
import type { Statement } from './hot-statements.js';
import { addAccessToken, findReusable, saveReusable } from './reusable-tokens.js';
import { RotationBatch } from './rotation-batch.js';
import { insertPair, TokenBatch } from './token-batch.js';
import { type AccessTokenColumns, type RefreshTokenColumns, toAccessToken, toRefreshToken } from './token-rows.js';

/** Tokens by hash, in hand-written statements: they are the hot ones. */
export class TypeOrmTokenStore implements TokenStore {
  readonly #batch: TokenBatch;
  readonly #rotations: RotationBatch;

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {
    this.#batch = new TokenBatch(db);
    this.#rotations = new RotationBatch(db, clock);
  }

  saveTokens(tokens: NewTokens): Promise<void> {
    return this.#batch.save(tokens);
  }

  redeemCode(kind: CodeKind, hash: Buffer, tokens: NewTokens): Promise<boolean> {
    return this.db.transaction(async (session) => {
      const first = await session.changed(
        `update one_time_codes set redeemed_at = $3 where kind = $1 and hash = $2 and redeemed_at is null`,
        [kind, hash, this.clock.now()],
      );
      if (first === 0) return false;
      await insertPair(({ text }, values) => session.rows(text, values), tokens);
      return true;
    });
  }

  async findAccessToken(hash: Buffer): Promise<AccessTokenRecord | undefined> {
    const [row] = await this.db.hot<AccessTokenColumns>(findAccessTokenStatement, [hash]);
    return row && toAccessToken(row);
  }

  async findRefreshToken(hash: Buffer): Promise<RefreshTokenRecord | undefined> {
    const [row] = await this.db.hot<RefreshTokenColumns>(findRefreshTokenStatement, [hash]);
    return row && toRefreshToken(row);
  }

  rotateRefreshToken(presented: Buffer, salt: Buffer, successor: NewTokens): Promise<boolean> {
    return this.#rotations.rotate({ presented, salt, successor });
  }

  addAccessToken(refreshHash: Buffer, accessToken: NewTokens['accessToken']): Promise<boolean> {
    return this.db.transaction((session) => addAccessToken(session, refreshHash, accessToken));
  }

  findReusable(key: Buffer): Promise<ReusablePair | undefined> {
    return findReusable((statement, values) => this.db.hot(statement, values), key);
  }

  saveReusable(key: Buffer, salt: Buffer, tokens: NewTokens): Promise<ReusablePair> {
    return this.db.transaction((session) => saveReusable(session, { key, salt, tokens }));
  }

  async countReplay(presented: Buffer, limit: number): Promise<boolean> {
    return (await this.db.hotChanged(countReplayStatement, [presented, limit])) === 1;
  }

  async markAccessTokenUsed(hash: Buffer): Promise<void> {
    await this.db.hotChanged(markUsedStatement, [hash]);
  }

  revokeBy(target: RevocationTarget, at: number, recorded?: AuditEvent): Promise<boolean> {
    return this.db.transaction(async (session) => {
      const revoked = await markRevoked(session, target, at);
      if (revoked === undefined) return false;
      const now = this.clock.now();
      await appendRevocations(session, { revokedAt: at, now }, revoked);
      if (recorded) await appendAudit(session, [{ ...recordable(recorded), at: now }]);
      return true;
    });
  }

  async revocationSeq(): Promise<number> {
    const [row] = await this.db.hot<{ value: number }>(revocationSeqStatement, []);
    return row?.value ?? 0;
  }
}

// Columns by name, never `*`: a prepared statement fails once a later migration has added one.

const findAccessTokenStatement: Statement = {
  name: 'find_access_token',
  text: `
select a.hash, a.scope, a.issued_at, a.expires_at, a.confirmation, a.revoked or not ${grantIsAlive} as revoked,
  ${grantColumns}
from access_tokens a join grants g on g.id = a.grant_id where a.hash = $1`,
};

const findRefreshTokenStatement: Statement = {
  name: 'find_refresh_token',
  text: `
select r.hash, r.generation, r.scope, r.issued_at, r.expires_at, r.state, r.rotated_at, r.salt, r.replays,
  r.successor_used, r.successor_scope, r.successor_expires_at, r.successor_confirmation, r.confirmation, ${grantIsAlive} as alive,
  ${grantColumns}
from refresh_tokens r join grants g on g.id = r.grant_id where r.hash = $1`,
};

const countReplayStatement: Statement = {
  name: 'count_replay',
  text: `
update refresh_tokens r set replays = replays + 1 from grants g
where r.hash = $1 and r.state = 'ROTATED' and not r.successor_used and r.replays < $2
  and g.id = r.grant_id and ${grantIsAlive}`,
};

const markUsedStatement: Statement = {
  name: 'mark_access_token_used',
  text: `
update refresh_tokens set successor_used = true
where not successor_used and hash = (
  select r.parent_hash from access_tokens a join refresh_tokens r on r.hash = a.refresh_hash where a.hash = $1)`,
};

const revocationSeqStatement: Statement = {
  name: 'revocation_seq',
  text: `select value from counters where name = 'revocations'`,
};

/** What gateways must be told; undefined when nothing was alive. */
async function markRevoked(
  session: Session,
  target: RevocationTarget,
  at: number,
): Promise<NewRevocation[] | undefined> {
  if (target.kind === 'client') return [await endClientGrants(session, target.clientId)];
  if (target.kind === 'subject') return endSubjectGrants(session, [target.subject]);
  return target.kind === 'grant' ? revokeGrant(session, target.grantId, at) : revokeToken(session, target.hash, at);
}

type Live = { hash: Buffer; expires_at: number | null };

const isLiveAt = (at: number) => (token: Live) => token.expires_at === null || token.expires_at > at;
const toRevocation = ({ hash, expires_at }: Live): NewRevocation => ({
  target: { kind: 'token', hash },
  expiresAt: expires_at,
});

/** The row of the grant comes first here and in a rotation: that is what keeps the two from waiting in a circle. */
async function revokeGrant(session: Session, grantId: string, at: number): Promise<NewRevocation[] | undefined> {
  const first = await session.changed(
    `update grants set revoked_at = $2, sweep_after = coalesce(sweep_after, $2) where id = $1 and revoked_at is null`,
    [grantId, at],
  );
  if (first === 0) return undefined;
  await session.changed(`update refresh_tokens set state = 'REVOKED' where grant_id = $1 and state <> 'REVOKED'`, [
    grantId,
  ]);
  const tokens = await session.rows<Live>(
    'update access_tokens set revoked = true where grant_id = $1 and not revoked returning hash, expires_at',
    [grantId],
  );
  const live = tokens.filter(isLiveAt(at));
  const expiresAt = live.some(({ expires_at }) => expires_at === null)
    ? null
    : Math.max(at, ...live.map(({ expires_at }) => expires_at ?? at));
  return [...live.map(toRevocation), { target: { kind: 'grant', grantId }, expiresAt }];
}

async function revokeToken(session: Session, hash: Buffer, at: number): Promise<NewRevocation[] | undefined> {
  const access = await session.rows<Live>(
    'update access_tokens set revoked = true where hash = $1 and not revoked returning hash, expires_at',
    [hash],
  );
  const refresh = await session.changed(
    `update refresh_tokens set state = 'REVOKED' where hash = $1 and state <> 'REVOKED'`,
    [hash],
  );
  if (access.length + refresh === 0) return undefined;
  return access.filter(isLiveAt(at)).map(toRevocation);
}
