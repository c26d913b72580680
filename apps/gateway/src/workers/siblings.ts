import type { SharedCounts } from '../throttling/shared-counts.js';

/** What the workers of one gateway have in common, as one of them sees it. */
export interface Siblings {
  /** Which worker this is, from 1. */
  readonly worker: number;
  /** A client may resume a TLS session at any worker. */
  readonly ticketKeys: Buffer;
  /** Of used DPoP proofs, where no Redis says it: a proof must not be good once at each worker. Undefined: unknown. */
  firstUse(id: string, expiresAt: number): Promise<boolean | undefined>;
  /** Resolves when no worker takes new connections any more. */
  isShut(): Promise<void>;
  /** Of limits, where there is no Redis. */
  readonly counts: SharedCounts;
}
