import type { AuditHead, ChainedEvent } from './audit-chain.js';

export interface AuditQuery {
  /** Events at this time or later; milliseconds since the epoch. */
  readonly since?: number | undefined;
  /** An action, or the beginning of one that ends with a dot: `user.`. */
  readonly action?: string | undefined;
  readonly limit: number;
}

export const AuditTrail = Symbol('AuditTrail');
/** What was recorded, as it stands in the database: whether it is still true is for `verifyChain` to say. */
export interface AuditTrail {
  /** The end of the chain as the writers know it. */
  head(): Promise<AuditHead>;
  /** Events after `seq` in order, at most `limit`. */
  eventsAfter(seq: number, limit: number): Promise<ChainedEvent[]>;
  /** The newest events that match, newest first. */
  newestEvents(query: AuditQuery): Promise<ChainedEvent[]>;
}
