import { Not } from 'typeorm';
import type { Clock } from '../../oauth2/ports.js';
import type { SigningKey, SigningKeyStore } from '../ports.js';
import { assertStorable } from '../storable.js';
import { type Database, plain, type Session, unlessTaken } from './database.js';
import { type SigningKeyRow, signingKeyEntity } from './entities/operations.entity.js';
import { appendCatalog } from './feed-numbers.js';

/** Unique indexes let one pending and one active key of an algorithm exist: of several key managers one succeeds. */
export class TypeOrmSigningKeyStore implements SigningKeyStore {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  async addSigningKey(key: SigningKey): Promise<void> {
    assertStorable(key);
    const work = this.#changing(async (session) => {
      await session.table(signingKeyEntity).insert(plain(toRow(key)));
      return [key.kid];
    });
    await unlessTaken(`signing key ${key.kid} or a key of ${key.alg} that is ${key.state}`, work);
  }

  listSigningKeys(tenantDomain: string): Promise<SigningKey[]> {
    return this.db.find([], (session) => publishedKeys(session, tenantDomain));
  }

  async activateSigningKey(kid: string, at: number): Promise<boolean> {
    const changed = await this.#changing(async (session) => {
      // Locked first: of two that activate it, the second finds it active.
      const key = await session.row<{ tenant_domain: string; alg: string }>(
        `select tenant_domain, alg from signing_keys where kid = $1 and state = 'pending' for update`,
        [kid],
      );
      if (!key) return [];
      const retired = await session.rows<{ kid: string }>(
        `update signing_keys set state = 'retiring', retired_at = $3
         where tenant_domain = $1 and alg = $2 and state = 'active' returning kid`,
        [key.tenant_domain, key.alg, at],
      );
      await session.changed(`update signing_keys set state = 'active', activated_at = $2 where kid = $1`, [kid, at]);
      return [...retired.map((row) => row.kid), kid];
    });
    return changed > 0;
  }

  async hastenSigningKey(kid: string, activatesAt: number): Promise<boolean> {
    return this.#change(
      `update signing_keys set activates_at = least(activates_at, $2) where kid = $1 and state = 'pending'`,
      [kid, activatesAt],
    );
  }

  /** Says nothing to the feed: what is published does not change by it. */
  async extendSigningKey(kid: string, expiresAt: number): Promise<boolean> {
    const changed = await this.db.run((session) =>
      session.changed(
        `update signing_keys set last_expires_at = greatest(last_expires_at, $2)
         where kid = $1 and state in ('active', 'retiring')`,
        [kid, expiresAt],
      ),
    );
    return changed === 1;
  }

  async removeSigningKey(kid: string): Promise<boolean> {
    return this.#change(
      `update signing_keys set state = 'removed', encrypted_private_key = '' where kid = $1 and state = 'retiring'`,
      [kid],
    );
  }

  async #change(statement: string, [kid, ...others]: [kid: string, ...others: unknown[]]): Promise<boolean> {
    const changed = await this.#changing(async (session) =>
      (await session.changed(statement, [kid, ...others])) === 1 ? [kid] : [],
    );
    return changed > 0;
  }

  /** Makes the change and tells the feed of the keys it was about, in one transaction; answers how many. */
  #changing(work: (session: Session) => Promise<string[]>): Promise<number> {
    return this.db.transaction(async (session) => {
      const kids = await work(session);
      await appendCatalog(
        session,
        this.clock.now(),
        kids.map((id) => ({ entity: 'signing_key', id })),
      );
      return kids.length;
    });
  }
}

/** Keys that are not removed, of one tenant or of all, oldest first. */
export async function publishedKeys(session: Session, tenantDomain?: string): Promise<SigningKey[]> {
  const where = {
    state: Not<SigningKeyRow['state']>('removed'),
    ...(tenantDomain === undefined ? {} : { tenantDomain }),
  };
  const rows = await session.table(signingKeyEntity).find({ where, order: { createdAt: 'ASC', kid: 'ASC' } });
  return rows.map(toKey);
}

function toRow({ activatesAt, activatedAt, retiredAt, lastExpiresAt, ...key }: SigningKey): SigningKeyRow {
  return {
    ...key,
    activatesAt: activatesAt ?? null,
    activatedAt: activatedAt ?? null,
    retiredAt: retiredAt ?? null,
    lastExpiresAt: lastExpiresAt ?? null,
  };
}

function toKey({ activatesAt, activatedAt, retiredAt, lastExpiresAt, ...row }: SigningKeyRow): SigningKey {
  return {
    ...row,
    activatesAt: activatesAt ?? undefined,
    activatedAt: activatedAt ?? undefined,
    retiredAt: retiredAt ?? undefined,
    lastExpiresAt: lastExpiresAt ?? undefined,
  };
}
