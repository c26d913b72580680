import type { AuthorizationRequest } from './authorization-request.js';
import { isClaimed } from './redirect-uri.js';

/** What a user allowed a client once and for all. */
export interface Consent {
  /** Full user name. */
  readonly subject: string;
  readonly tenantDomain: string;
  readonly clientId: string;
  readonly scope: readonly string[];
  readonly grantedAt: number;
}

export const ConsentStore = Symbol('ConsentStore');
export interface ConsentStore {
  findConsent(subject: string, clientId: string): Promise<Consent | undefined>;
  /** Adds to what was allowed before. Nothing when the client is gone. */
  rememberConsent(consent: Consent): Promise<void>;
  /** In order of client id. */
  listConsents(subject: string): Promise<Consent[]>;
  /** False when there was none. */
  forgetConsent(subject: string, clientId: string): Promise<boolean>;
}

/**
 * Whether "always" may count for this request. A public client behind an address that any app can claim cannot be told
 * from an impostor, so its user is asked every time (RFC 8252 §8.6, RFC 6749 §10.2).
 */
export function canBeRemembered({ client, redirectUri }: AuthorizationRequest): boolean {
  return client.confidential || isClaimed(redirectUri);
}

/** Whether the user allowed all of `scope` before. */
export function covers(consent: Consent | undefined, scope: readonly string[]): boolean {
  return consent !== undefined && scope.every((name) => consent.scope.includes(name));
}
