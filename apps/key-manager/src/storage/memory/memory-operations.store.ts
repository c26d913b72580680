import type { UsageCount, UsageStore } from '../../statistics/usage-store.js';
import { AlreadyExists } from '../errors.js';
import type { ServerKeyStore, SigningKey, SigningKeyState, SigningKeyStore } from '../ports.js';
import { assertStorable } from '../storable.js';
import type { MemoryDatabase } from './memory-database.js';

/** Usage counts, signing keys and the mark of the server key. */
export class MemoryOperationsStore implements UsageStore, SigningKeyStore, ServerKeyStore {
  #serverKey: string | undefined;

  constructor(private readonly db: MemoryDatabase) {}

  async addUsage(counts: readonly UsageCount[]): Promise<void> {
    assertStorable(counts);
    for (const count of counts) {
      const key = [count.minute, count.apiId, count.applicationId, count.statusClass].join('\n');
      const before = this.db.usage.get(key)?.requests ?? 0;
      this.db.usage.set(key, { ...count, requests: before + count.requests });
    }
  }

  async claimServerKey(fingerprint: string): Promise<boolean> {
    this.#serverKey ??= fingerprint;
    return this.#serverKey === fingerprint;
  }

  async addSigningKey(key: SigningKey): Promise<void> {
    assertStorable(key);
    if (this.db.signingKeys.has(key.kid)) throw new AlreadyExists(`signing key ${key.kid}`);
    if (key.state === 'active') this.#requireNoneActive(key);
    this.db.signingKeys.set(key.kid, key);
  }

  async listSigningKeys(tenantDomain: string): Promise<SigningKey[]> {
    return [...this.db.signingKeys.values()]
      .filter((key) => key.tenantDomain === tenantDomain && key.state !== 'removed')
      .sort((a, b) => a.createdAt - b.createdAt);
  }

  async moveSigningKey(kid: string, from: SigningKeyState, to: SigningKeyState, at: number): Promise<boolean> {
    const key = this.db.signingKeys.get(kid);
    if (key?.state !== from) return false;
    if (to === 'active') this.#requireNoneActive(key);
    const times = to === 'active' ? { activatedAt: at } : to === 'retiring' ? { retiredAt: at } : {};
    this.db.signingKeys.set(kid, { ...key, state: to, ...times });
    return true;
  }

  #requireNoneActive({ kid, tenantDomain, alg }: SigningKey): void {
    const active = [...this.db.signingKeys.values()].some(
      (key) => key.kid !== kid && key.tenantDomain === tenantDomain && key.alg === alg && key.state === 'active',
    );
    if (active) throw new AlreadyExists(`active ${alg} key of ${tenantDomain}`);
  }
}
