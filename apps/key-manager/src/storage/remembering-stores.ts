import type { ClientWithSecrets } from '../oauth2/model.js';
import type { ClientStore, ScopeStore } from '../oauth2/ports.js';
import type { FactChanges } from './fact-changes.js';
import { MemoryOfFacts } from './memory-of-facts.js';

/** `findClient` always reads; `rememberedClient` answers what a read of the last seconds found. */
export function rememberClients(store: ClientStore, changes: FactChanges): ClientStore {
  const memory = new MemoryOfFacts<ClientWithSecrets>('clients', changes);
  return {
    findClient: (clientId) => memory.read(clientId, () => store.findClient(clientId)),
    rememberedClient: (clientId) => {
      const client = memory.recall(clientId);
      // Nothing tells when time alone ends a secret, so one that is to end soon is looked up each time.
      return client?.secretsLiveUntil === undefined ? client : undefined;
    },
  };
}

/** More names than an honest request has are not worth remembering. */
const maxKeyLength = 1_024;

/** Role bindings of scopes, by the names that were asked for together. */
export function rememberScopes(store: ScopeStore, changes: FactChanges): ScopeStore {
  const memory = new MemoryOfFacts<ReadonlyMap<string, readonly string[]>>('scopes', changes, { maxEntries: 2_000 });
  return {
    async findScopes(tenantDomain, names) {
      // Neither a domain nor a scope (RFC 6749 §3.3) holds a blank.
      const key = `${tenantDomain} ${[...names].sort().join(' ')}`;
      if (key.length > maxKeyLength) return store.findScopes(tenantDomain, names);
      return memory.recall(key) ?? (await memory.read(key, () => store.findScopes(tenantDomain, names))) ?? new Map();
    },
  };
}
