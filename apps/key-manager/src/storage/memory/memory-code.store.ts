import type { CodeKind, CodeRecord } from '../../oauth2/model.js';
import type { CodeStore, ReplayGuard } from '../../oauth2/ports.js';
import { AlreadyExists } from '../errors.js';
import { assertStorable } from '../storable.js';
import type { MemoryDatabase } from './memory-database.js';

export class MemoryCodeStore implements CodeStore, ReplayGuard {
  constructor(private readonly db: MemoryDatabase) {}

  async saveCode(code: Omit<CodeRecord, 'version' | 'redeemedAt'>): Promise<void> {
    assertStorable(code);
    const key = code.hash.toString('hex');
    if (this.db.codes.has(key)) throw new AlreadyExists(`a code of kind ${code.kind}`);
    this.db.codes.set(key, { ...structuredClone(code), hash: code.hash, version: 0, redeemedAt: undefined });
  }

  async findCode(kind: CodeKind, hash: Buffer): Promise<CodeRecord | undefined> {
    const code = this.db.codes.get(hash.toString('hex'));
    return code?.kind === kind ? code : undefined;
  }

  async changeCode(kind: CodeKind, hash: Buffer, version: number, body: CodeRecord['body']): Promise<boolean> {
    assertStorable(body);
    const code = await this.findCode(kind, hash);
    if (!code || code.version !== version || code.redeemedAt !== undefined) return false;
    this.db.codes.set(hash.toString('hex'), { ...code, body: structuredClone(body), version: version + 1 });
    return true;
  }

  async takeCode(kind: CodeKind, hash: Buffer): Promise<boolean> {
    return this.db.redeemCode(kind, hash);
  }

  async firstUse(space: string, id: string, expiresAt: number): Promise<boolean> {
    const key = JSON.stringify([space, id]);
    if (this.db.usedIds.has(key)) return false;
    this.db.usedIds.set(key, expiresAt);
    return true;
  }
}
