import { createHash } from 'node:crypto';
import type { AuditEvent } from '../oauth2/ports.js';

/** An audit event at its place in the chain: its hash covers its own content and the hash of the one before. */
export interface ChainedEvent extends AuditEvent {
  /** 1, 2, 3 … without gaps. */
  readonly seq: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly previousHash: Buffer;
  readonly hash: Buffer;
}

/** The end of the chain: whoever noted it once can tell later whether what came before is still the same. */
export interface AuditHead {
  readonly seq: number;
  readonly hash: Buffer;
}

/** Before the first event. */
export const genesis: AuditHead = { seq: 0, hash: Buffer.alloc(32) };

/** Names the way of encoding inside each hash; another way gets another name, and this one stays for old rows. */
const encoding = 'keygate-audit-1';

/**
 * SHA-256 over one JSON array. JSON keeps neighbouring fields apart whatever they hold, so that no other event has the
 * same text; the members of `detail` come in the order of their names, since a database keeps no order.
 */
export function auditHash(event: Omit<ChainedEvent, 'hash'>): Buffer {
  const text = JSON.stringify([
    encoding,
    event.previousHash.toString('hex'),
    event.seq,
    event.at,
    event.tenantDomain,
    event.actor,
    event.action,
    event.target,
    event.clientAddress ?? null,
    event.detail === undefined ? null : inOrder(event.detail),
  ]);
  return createHash('sha256').update(text).digest();
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([name, member]) => [name, inOrder(member)]));
}

/** The events as they follow `head`. */
export function chained(head: AuditHead, events: readonly (AuditEvent & { readonly at: number })[]): ChainedEvent[] {
  let { seq, hash } = head;
  return events.map((event) => {
    const placed = { ...event, seq: seq + 1, previousHash: hash };
    ({ seq, hash } = { seq: placed.seq, hash: auditHash(placed) });
    return { ...placed, hash };
  });
}

/** `seq:hash`, as people note it. */
export const formatHead = ({ seq, hash }: AuditHead): string => `${seq}:${hash.toString('hex')}`;

/** Undefined for a text that is no head. */
export function parseHead(text: string): AuditHead | undefined {
  const [, seq, hash] = /^(\d{1,15}):([0-9a-f]{64})$/i.exec(text.trim()) ?? [];
  return seq === undefined || hash === undefined ? undefined : { seq: Number(seq), hash: Buffer.from(hash, 'hex') };
}
