import type { Janitor } from '../ports.js';
import { keepFeedMillis, keepSpentMillis } from '../retention.js';
import type { MemoryDatabase } from './memory-database.js';

export class MemoryJanitor implements Janitor {
  constructor(private readonly db: MemoryDatabase) {}

  async sweepExpired(limit: number): Promise<number> {
    const now = this.db.clock.now();
    const tokens = this.#sweepAccessTokens(now, limit) + this.#sweepGrants(now, limit);
    return (
      tokens +
      this.#sweepCodes(now, limit) +
      this.#sweepReusable(now, limit) +
      this.#sweepSecrets(now, limit) +
      this.#sweepApiKeys(now, limit) +
      this.#sweepLogins(now, limit) +
      this.#sweepFeeds(now, limit)
    );
  }

  async backlogMillis(): Promise<number> {
    const ends = [...this.db.accessTokens.values()].flatMap(({ expiresAt }) => expiresAt ?? []);
    return Math.max(0, this.db.clock.now() - keepSpentMillis - Math.min(...ends));
  }

  #sweepSecrets(now: number, limit: number): number {
    let swept = 0;
    for (const client of this.db.clients.values()) {
      const dead = client.secrets.filter(({ expiresAt }) => expiresAt !== undefined && expiresAt <= now);
      const taken = dead.slice(0, limit - swept);
      client.secrets = client.secrets.filter((secret) => !taken.includes(secret));
      swept += taken.length;
    }
    return swept;
  }

  #sweepCodes(now: number, limit: number): number {
    const codes = [...this.db.codes].filter(([, { expiresAt }]) => expiresAt <= now - keepSpentMillis);
    const ids = [...this.db.usedIds].filter(([, expiresAt]) => expiresAt <= now);
    for (const [key] of codes.slice(0, limit)) this.db.codes.delete(key);
    for (const [key] of ids.slice(0, limit)) this.db.usedIds.delete(key);
    return Math.min(codes.length, limit) + Math.min(ids.length, limit);
  }

  #sweepApiKeys(now: number, limit: number): number {
    const dead = [...this.db.apiKeys.values()]
      .filter(({ key: { expiresAt } }) => expiresAt !== undefined && expiresAt <= now - keepSpentMillis)
      .slice(0, limit);
    for (const { key } of dead) this.db.apiKeys.delete(key.id);
    return dead.length;
  }

  #sweepLogins(now: number, limit: number): number {
    const over = [...this.db.loginSessions].filter(([, { expiresAt }]) => expiresAt <= now).slice(0, limit);
    for (const [key] of over) this.db.loginSessions.delete(key);
    return over.length;
  }

  #sweepReusable(now: number, limit: number): number {
    const over = [...this.db.reusableTokens]
      .filter(([, { expiresAt }]) => (expiresAt ?? now + 1) <= now)
      .slice(0, limit);
    for (const [key] of over) this.db.reusableTokens.delete(key);
    return over.length;
  }

  #sweepAccessTokens(now: number, limit: number): number {
    const dead = [...this.db.accessTokens]
      .filter(([, { expiresAt }]) => expiresAt !== undefined && expiresAt <= now - keepSpentMillis)
      .slice(0, limit);
    for (const [key] of dead) this.db.accessTokens.delete(key);
    return dead.length;
  }

  /** A family goes once its last token has been dead for a while; until then its spent tokens betray a replay. */
  #sweepGrants(now: number, limit: number): number {
    const lastExpiry = new Map<string, number>();
    for (const { grantId, expiresAt } of [...this.db.accessTokens.values(), ...this.db.refreshTokens.values()]) {
      const grant = this.db.grants.get(grantId);
      const isOver = grant === undefined || grant.revoked || !this.db.clients.has(grant.record.clientId);
      const expiry = expiresAt ?? (isOver ? 0 : Number.POSITIVE_INFINITY);
      lastExpiry.set(grantId, Math.max(lastExpiry.get(grantId) ?? 0, expiry));
    }
    const dead = [...this.db.grants.keys()]
      .filter((id) => (lastExpiry.get(id) ?? 0) <= now - keepSpentMillis)
      .slice(0, limit);
    for (const id of dead) this.db.grants.delete(id);
    for (const [key, { grantId }] of this.db.refreshTokens)
      if (dead.includes(grantId)) this.db.refreshTokens.delete(key);
    for (const [key, { grantId }] of this.db.accessTokens) if (dead.includes(grantId)) this.db.accessTokens.delete(key);
    return dead.length;
  }

  #sweepFeeds(now: number, limit: number): number {
    const spent = (entries: readonly { at: number }[]): number => {
      const firstKept = entries.findIndex(({ at }) => at > now - keepFeedMillis);
      return Math.min(limit, firstKept === -1 ? entries.length : firstKept);
    };
    const events = spent(this.db.catalogEvents);
    const revocations = spent(this.db.revocations);
    this.db.catalogEvents = this.db.catalogEvents.slice(events);
    this.db.revocations = this.db.revocations.slice(revocations);
    return events + revocations;
  }
}
