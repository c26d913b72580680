/** What a "not before" mark is about: every token of it that was issued earlier is revoked. */
export type NotBeforeKind = 'grant' | 'client' | 'subject';

export interface RedisKeys {
  /** Facts of an active token, by the hex SHA-256 of the token. */
  token(hashHex: string): string;
  /** Mark of a revoked token. */
  tombstone(hashHex: string): string;
  notBefore(kind: NotBeforeKind, id: string): string;
  /** A DPoP proof that was used, by its id. */
  usedProof(id: string): string;
  /** Channel that revocations are published on. */
  readonly revocations: string;
}

/** Key names under a prefix; two clusters on one Redis have different prefixes. Braces keep one token in one Cluster slot. */
export function redisKeys(prefix: string): RedisKeys {
  return {
    token: (hashHex) => `${prefix}:tok:{${hashHex}}`,
    tombstone: (hashHex) => `${prefix}:rev:{${hashHex}}`,
    notBefore: (kind, id) => `${prefix}:nbf:${kind}:{${id}}`,
    usedProof: (id) => `${prefix}:dpop:{${id}}`,
    revocations: `${prefix}:revocations`,
  };
}
