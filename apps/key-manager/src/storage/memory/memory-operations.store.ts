import type { UsageCount, UsageStore } from '../../statistics/usage-store.js';
import type { ServerKeyStore } from '../ports.js';
import { assertStorable } from '../storable.js';
import type { MemoryDatabase } from './memory-database.js';

/** Usage counts and the mark of the server key. */
export class MemoryOperationsStore implements UsageStore, ServerKeyStore {
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
}
