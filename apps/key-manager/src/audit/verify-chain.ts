import { type AuditHead, auditHash, type ChainedEvent, genesis } from './audit-chain.js';
import type { AuditTrail } from './audit-trail.js';

export type ChainVerdict =
  | { readonly ok: true; readonly events: number; readonly head: AuditHead }
  /** `at` is the sequence number of the first event that is not what it was. */
  | { readonly ok: false; readonly at: number; readonly reason: string };

export interface VerifyOptions {
  /** A head that was noted earlier, outside of the database. */
  readonly noted?: AuditHead | undefined;
  readonly pageRows?: number | undefined;
  /** After each page, with the number of events that are in order. */
  readonly onProgress?: ((events: number) => void) | undefined;
}

class Broken extends Error {
  constructor(
    readonly at: number,
    readonly reason: string,
  ) {
    super(reason);
  }
}

/** Walks the whole chain in pages. Writers may go on meanwhile. */
export async function verifyChain(trail: AuditTrail, options: VerifyOptions = {}): Promise<ChainVerdict> {
  try {
    const head = await walk(trail, options);
    return { ok: true, events: head.seq, head };
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    return { ok: false, at: error.at, reason: error.reason };
  }
}

async function walk(trail: AuditTrail, { noted, pageRows = 1_000, onProgress }: VerifyOptions): Promise<AuditHead> {
  // Read first: what is written while we walk comes after it.
  const known = await trail.head();
  let last: AuditHead = genesis;
  checkNoted(last, noted);
  for (;;) {
    const page = await trail.eventsAfter(last.seq, pageRows);
    if (page.length === 0) break;
    for (const event of page) {
      last = follow(last, event);
      if (event.seq === known.seq && !event.hash.equals(known.hash)) {
        throw new Broken(event.seq, 'the head of the log says another hash: the log was written anew');
      }
      checkNoted(last, noted);
    }
    onProgress?.(last.seq);
  }
  if (last.seq < known.seq) {
    throw new Broken(last.seq + 1, `events ${last.seq + 1} to ${known.seq} are missing at the end`);
  }
  const now = await trail.head();
  if (last.seq > now.seq) throw new Broken(now.seq + 1, 'it was added past the head of the log');
  if (noted !== undefined && noted.seq > last.seq) {
    throw new Broken(last.seq + 1, `the log ends before event ${noted.seq}, whose hash was noted`);
  }
  return last;
}

function follow(last: AuditHead, event: ChainedEvent): AuditHead {
  const expected = last.seq + 1;
  if (event.seq !== expected) throw new Broken(expected, 'it is missing');
  if (!event.previousHash.equals(last.hash)) {
    throw new Broken(event.seq, 'it does not follow the event before it: one of the two was replaced');
  }
  if (!event.hash.equals(auditHash(event))) throw new Broken(event.seq, 'its content was changed');
  return { seq: event.seq, hash: event.hash };
}

function checkNoted(last: AuditHead, noted: AuditHead | undefined): void {
  if (noted?.seq !== last.seq || noted.hash.equals(last.hash)) return;
  throw new Broken(last.seq, 'its hash is not the one that was noted: the log was written anew');
}
