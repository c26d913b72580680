import type { Logger } from '@keygate/common/logging';
import { loadCa } from '@keygate/common/tls';
import type { KeySets } from '../oauth2/assertions/key-set.js';
import type { Clock } from '../oauth2/ports.js';
import { CachedKeySets } from './cached-key-sets.js';
import { createDocumentFetch } from './fetch-document.js';

export interface KeySetsConfig {
  readonly allowPrivateNetworks: boolean;
  readonly caFile?: string | undefined;
}

/** The key sets of identity providers and clients, as configured. Throws `TlsProblem` for a CA that can't be used. */
export async function openKeySets(config: KeySetsConfig, clock: Clock, logger: Logger): Promise<KeySets> {
  const { allowPrivateNetworks, caFile } = config;
  const ca = caFile === undefined ? undefined : await loadCa(caFile, 'keyManager.keySets.caFile');
  return new CachedKeySets(createDocumentFetch({ allowPrivateNetworks, ca }), clock, (uri, cause) =>
    logger.warn({ err: cause, uri }, 'a key set was not fetched'),
  );
}
