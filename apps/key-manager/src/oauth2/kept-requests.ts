import { TooManyRequests } from './errors.js';
import type { Client } from './model.js';

/** How often a network may make the server keep something for a client that has not proved itself. */
export interface KeptRequestLimit {
  waitSeconds(clientAddress: string): number | undefined;
  note(clientAddress: string): void;
}

/**
 * Who knows the id of a public client could fill the database with device codes and pushed requests. Throws
 * `TooManyRequests`; confidential clients are known, and can be switched off.
 */
export function countKept(limit: KeptRequestLimit, client: Client, clientAddress: string): void {
  if (client.confidential) return;
  const waitSeconds = limit.waitSeconds(clientAddress);
  if (waitSeconds !== undefined) throw new TooManyRequests(waitSeconds);
  limit.note(clientAddress);
}
