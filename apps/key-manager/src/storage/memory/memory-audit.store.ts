import { type AuditHead, type ChainedEvent, genesis } from '../../audit/audit-chain.js';
import type { AuditQuery, AuditTrail } from '../../audit/audit-trail.js';
import type { AuditEvent, AuditLog } from '../../oauth2/ports.js';
import type { MemoryDatabase } from './memory-database.js';

export class MemoryAuditStore implements AuditLog, AuditTrail {
  constructor(private readonly db: MemoryDatabase) {}

  async record(event: AuditEvent): Promise<void> {
    this.db.appendAudit(event);
  }

  async head(): Promise<AuditHead> {
    const { seq, hash } = this.db.auditEvents.at(-1) ?? genesis;
    return { seq, hash };
  }

  async eventsAfter(seq: number, limit: number): Promise<ChainedEvent[]> {
    return this.db.auditEvents.slice(seq, seq + limit);
  }

  async newestEvents({ since = 0, action, limit }: AuditQuery): Promise<ChainedEvent[]> {
    const isWanted = (event: ChainedEvent) =>
      event.at >= since &&
      (action === undefined || event.action === action || (action.endsWith('.') && event.action.startsWith(action)));
    return this.db.auditEvents.filter(isWanted).reverse().slice(0, limit);
  }
}
