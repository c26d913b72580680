import { type AuditHead, type ChainedEvent, genesis } from '../../audit/audit-chain.js';
import type { AuditQuery, AuditTrail } from '../../audit/audit-trail.js';
import { recordable } from '../../audit/recordable.js';
import type { AuditEvent, AuditLog, Clock } from '../../oauth2/ports.js';
import { AuditBatch } from './audit-batch.js';
import { type AuditColumns, auditColumns, toAuditEvent } from './audit-rows.js';
import type { Database } from './database.js';

/** The audit log: a chain of hashes that only grows. */
export class TypeOrmAuditStore implements AuditLog, AuditTrail {
  readonly #batch: AuditBatch;

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {
    this.#batch = new AuditBatch(db);
  }

  async record(event: AuditEvent): Promise<void> {
    await this.#batch.append({ ...recordable(event), at: this.clock.now() });
  }

  async head(): Promise<AuditHead> {
    // A head that somebody took away is the verdict's business, not a failure to read.
    return (await this.db.run((session) => session.row<AuditHead>('select seq, hash from audit_head'))) ?? genesis;
  }

  eventsAfter(seq: number, limit: number): Promise<ChainedEvent[]> {
    return this.#read('where seq > $1 order by seq limit $2', [seq, limit]);
  }

  newestEvents({ since, action, limit }: AuditQuery): Promise<ChainedEvent[]> {
    const matches = `where ($1::bigint is null or at >= $1)
      and ($2::text is null or action = $2 or (right($2, 1) = '.' and starts_with(action, $2)))`;
    return this.#read(`${matches} order by seq desc limit $3`, [since ?? null, action ?? null, limit]);
  }

  async #read(rest: string, parameters: unknown[]): Promise<ChainedEvent[]> {
    const sql = `select ${auditColumns} from audit_events ${rest}`;
    const rows = await this.db.find([], (session) => session.rows<AuditColumns>(sql, parameters));
    return rows.map(toAuditEvent);
  }
}
