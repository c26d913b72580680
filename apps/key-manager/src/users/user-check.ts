import type { SharedScopeStore } from '../apis/api-store.js';
import { TooManyAttempts } from '../oauth2/errors.js';
import type { ResourceOwner } from '../oauth2/model.js';
import type { Clock, ResourceOwners, TokenStore } from '../oauth2/ports.js';
import type { FactChanges } from '../storage/fact-changes.js';
import { MemoryOfFacts } from '../storage/memory-of-facts.js';

export interface UserCheckDeps {
  /** Those that are throttled: a gateway passes on what strangers send. */
  readonly resourceOwners: Pick<ResourceOwners, 'authenticate'>;
  readonly sharedScopes: Pick<SharedScopeStore, 'bindingsInForce'>;
  readonly tokens: Pick<TokenStore, 'revocationSeq'>;
  readonly factChanges: FactChanges;
  readonly clock: Clock;
}

/** What a gateway learns of who called an API with user name and password. */
export type CheckedUser = { readonly revocationSeq: number } & (
  | { readonly owner: ResourceOwner; readonly scopes: readonly string[]; readonly checkedAt: number }
  /** 0: the attempt was looked at, and was wrong. */
  | { readonly refused: true; readonly retryAfterSeconds: number }
);

export type UserCheck = (username: string, password: string, clientAddress: string) => Promise<CheckedUser>;

/** WSO2: basic_auth. Whether a password is right, and what its user may do. Any failure to decide is thrown. */
export function createUserCheck({
  resourceOwners,
  sharedScopes,
  tokens,
  factChanges,
  clock,
}: UserCheckDeps): UserCheck {
  const remembered = new MemoryOfFacts<Bindings>('scopes', factChanges, { maxEntries: 100 });
  const bindingsOf = async (tenantDomain: string): Promise<Bindings> =>
    remembered.recall(tenantDomain) ??
    (await remembered.read(tenantDomain, () => sharedScopes.bindingsInForce(tenantDomain))) ??
    new Map();

  return async (username, password, clientAddress) => {
    // Both before the user is read: the answer may know of what came later, but must not claim what it missed.
    const revocationSeq = await tokens.revocationSeq();
    const checkedAt = clock.now();
    try {
      const owner = await resourceOwners.authenticate(username, password, clientAddress);
      if (!owner) return { refused: true, retryAfterSeconds: 0, revocationSeq };
      const scopes = scopesOf(owner.roles, await bindingsOf(owner.tenantDomain));
      return { owner, scopes, checkedAt, revocationSeq };
    } catch (error) {
      if (!(error instanceof TooManyAttempts)) throw error;
      return { refused: true, retryAfterSeconds: error.retryAfterSeconds, revocationSeq };
    }
  };
}

type Bindings = ReadonlyMap<string, readonly string[]>;

function scopesOf(roles: readonly string[], bindings: Bindings): string[] {
  return [...bindings].flatMap(([name, bound]) =>
    bound.length === 0 || bound.some((role) => roles.includes(role)) ? [name] : [],
  );
}
