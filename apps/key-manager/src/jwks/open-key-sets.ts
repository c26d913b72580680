import { createDocumentFetch } from '@keygate/common/documents';
import { CachedKeySets, type KeySets } from '@keygate/common/jose';
import type { Logger } from '@keygate/common/logging';
import { loadCa } from '@keygate/common/tls';
import { TemporarilyUnavailable } from '../oauth2/errors.js';
import type { Clock } from '../oauth2/ports.js';

export interface KeySetsConfig {
  readonly allowPrivateNetworks: boolean;
  readonly caFile?: string | undefined;
}

/** The key sets of identity providers and clients, as configured. Throws `TlsProblem` for a CA that can't be used. */
export async function openKeySets(config: KeySetsConfig, clock: Clock, logger: Logger): Promise<KeySets> {
  const { allowPrivateNetworks, caFile } = config;
  const ca = caFile === undefined ? undefined : await loadCa(caFile, 'keyManager.keySets.caFile');
  return new CachedKeySets({
    fetchDocument: createDocumentFetch({ allowPrivateNetworks, ca }),
    now: () => clock.now(),
    reportFailure: (uri, cause) => logger.warn({ err: cause, uri }, 'a key set was not fetched'),
    unavailable: () => new TemporarilyUnavailable(),
  });
}
