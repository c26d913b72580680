import { AlreadyExists } from '../errors.js';
import type { SigningKey, SigningKeyStore } from '../ports.js';
import { assertStorable } from '../storable.js';
import { inOrder, type MemoryDatabase } from './memory-database.js';

export class MemorySigningKeyStore implements SigningKeyStore {
  constructor(private readonly db: MemoryDatabase) {}

  async addSigningKey(key: SigningKey): Promise<void> {
    assertStorable(key);
    if (this.db.signingKeys.has(key.kid)) throw new AlreadyExists(`signing key ${key.kid}`);
    if (key.state !== 'retiring' && this.#other(key, key.state)) throw new AlreadyExists(`${key.state} ${key.alg} key`);
    this.#put(key);
  }

  async listSigningKeys(tenantDomain: string): Promise<SigningKey[]> {
    return [...this.db.signingKeys.values()]
      .filter((key) => key.tenantDomain === tenantDomain && key.state !== 'removed')
      .sort((a, b) => a.createdAt - b.createdAt || inOrder(a.kid, b.kid));
  }

  async activateSigningKey(kid: string, at: number): Promise<boolean> {
    const key = this.db.signingKeys.get(kid);
    if (key?.state !== 'pending') return false;
    const active = this.#other(key, 'active');
    if (active) this.#put({ ...active, state: 'retiring', retiredAt: at });
    this.#put({ ...key, state: 'active', activatedAt: at });
    return true;
  }

  async hastenSigningKey(kid: string, activatesAt: number): Promise<boolean> {
    const key = this.db.signingKeys.get(kid);
    if (key?.state !== 'pending') return false;
    this.#put({ ...key, activatesAt: Math.min(activatesAt, key.activatesAt ?? activatesAt) });
    return true;
  }

  async extendSigningKey(kid: string, expiresAt: number): Promise<boolean> {
    const key = this.db.signingKeys.get(kid);
    if (key?.state !== 'active' && key?.state !== 'retiring') return false;
    this.db.signingKeys.set(kid, { ...key, lastExpiresAt: Math.max(expiresAt, key.lastExpiresAt ?? 0) });
    return true;
  }

  async removeSigningKey(kid: string): Promise<boolean> {
    const key = this.db.signingKeys.get(kid);
    if (key?.state !== 'retiring') return false;
    this.#put({ ...key, state: 'removed', encryptedPrivateKey: Buffer.alloc(0) });
    return true;
  }

  #put(key: SigningKey): void {
    this.db.signingKeys.set(key.kid, key);
    this.db.appendCatalog('signing_key', key.kid);
  }

  #other({ kid, tenantDomain, alg }: SigningKey, state: SigningKey['state']): SigningKey | undefined {
    return [...this.db.signingKeys.values()].find(
      (key) => key.kid !== kid && key.tenantDomain === tenantDomain && key.alg === alg && key.state === state,
    );
  }
}
