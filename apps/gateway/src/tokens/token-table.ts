import type { CachedToken } from './cached-token.js';

interface Generation {
  readonly byToken: Map<string, CachedToken>;
  readonly byHash: Map<string, CachedToken>;
}

const emptyGeneration = (): Generation => ({ byToken: new Map(), byHash: new Map() });

/**
 * The bounded table of known tokens, found by the raw token on a request and by its hash on a revocation. Both ways in
 * age together (see `TwoGenerations`): an entry that one of them lost could no longer be revoked.
 */
export class TokenTable {
  private readonly half: number;
  private young = emptyGeneration();
  private old = emptyGeneration();

  constructor(capacity: number) {
    this.half = Math.max(1, Math.floor(capacity / 2));
  }

  get size(): number {
    return this.young.byToken.size + this.old.byToken.size;
  }

  get(accessToken: string): CachedToken | undefined {
    const found = this.young.byToken.get(accessToken);
    if (found !== undefined) return found;
    const older = this.old.byToken.get(accessToken);
    if (older === undefined) return undefined;
    this.set(accessToken, older);
    return older;
  }

  getByHash(hashKey: string): CachedToken | undefined {
    return this.young.byHash.get(hashKey) ?? this.old.byHash.get(hashKey);
  }

  set(accessToken: string, cached: CachedToken): void {
    if (this.young.byToken.size >= this.half && !this.young.byToken.has(accessToken)) {
      this.old = this.young;
      this.young = emptyGeneration();
    }
    this.old.byToken.delete(accessToken);
    this.old.byHash.delete(cached.hashKey);
    this.young.byToken.set(accessToken, cached);
    this.young.byHash.set(cached.hashKey, cached);
  }
}
