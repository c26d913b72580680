import { createHash } from 'node:crypto';
import type { CodeKind, CodeRecord } from '../../oauth2/model.js';
import type { Clock, CodeStore, ReplayGuard } from '../../oauth2/ports.js';
import { AlreadyExists } from '../errors.js';
import { assertStorable } from '../storable.js';
import type { Database } from './database.js';

/** What is used once; every decision is the row count of one statement. */
export class TypeOrmCodeStore implements CodeStore, ReplayGuard {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  async saveCode(code: Omit<CodeRecord, 'version' | 'redeemedAt'>): Promise<void> {
    assertStorable(code);
    const saved = await this.db.run((session) =>
      session.changed(
        `insert into one_time_codes (hash, kind, client_id, tenant_domain, grant_id, body, expires_at, version)
         values ($1, $2, $3, $4, $5, $6, $7, 0) on conflict (hash) do nothing`,
        [
          code.hash,
          code.kind,
          code.clientId,
          code.tenantDomain,
          code.grantId ?? null,
          JSON.stringify(code.body),
          code.expiresAt,
        ],
      ),
    );
    if (saved === 0) throw new AlreadyExists(`a code of kind ${code.kind}`);
  }

  async findCode(kind: CodeKind, hash: Buffer): Promise<CodeRecord | undefined> {
    const row = await this.db.run((session) =>
      session.row<CodeColumns>('select * from one_time_codes where hash = $1 and kind = $2', [hash, kind]),
    );
    return row && toCode(row);
  }

  async changeCode(kind: CodeKind, hash: Buffer, version: number, body: CodeRecord['body']): Promise<boolean> {
    assertStorable(body);
    const changed = await this.db.run((session) =>
      session.changed(
        `update one_time_codes set body = $4, version = version + 1
         where hash = $1 and kind = $2 and version = $3 and redeemed_at is null`,
        [hash, kind, version, JSON.stringify(body)],
      ),
    );
    return changed === 1;
  }

  async takeCode(kind: CodeKind, hash: Buffer): Promise<boolean> {
    const changed = await this.db.run((session) =>
      session.changed(
        `update one_time_codes set redeemed_at = $3 where hash = $1 and kind = $2 and redeemed_at is null`,
        [hash, kind, this.clock.now()],
      ),
    );
    return changed === 1;
  }

  async firstUse(space: string, id: string, expiresAt: number): Promise<boolean> {
    const hash = createHash('sha256')
      .update(JSON.stringify([space, id]))
      .digest();
    const inserted = await this.db.run((session) =>
      session.changed('insert into used_ids (hash, expires_at) values ($1, $2) on conflict (hash) do nothing', [
        hash,
        expiresAt,
      ]),
    );
    return inserted === 1;
  }
}

interface CodeColumns {
  hash: Buffer;
  kind: CodeKind;
  client_id: string;
  tenant_domain: string;
  grant_id: string | null;
  body: Record<string, unknown>;
  expires_at: number;
  version: number;
  redeemed_at: number | null;
}

function toCode(row: CodeColumns): CodeRecord {
  return {
    kind: row.kind,
    hash: row.hash,
    clientId: row.client_id,
    tenantDomain: row.tenant_domain,
    grantId: row.grant_id ?? undefined,
    body: row.body,
    expiresAt: row.expires_at,
    version: row.version,
    redeemedAt: row.redeemed_at ?? undefined,
  };
}
