import { join } from 'node:path';
import type { GatewayConfig } from '../config/gateway.config.js';
import { compileSettings } from '../credentials/create-credentials.js';
import type { Siblings } from '../workers/siblings.js';
import { CatalogFile, catalogFileKey } from './catalog-file.js';
import { CatalogStream, type CatalogStreamOptions } from './catalog-stream.js';
import { loadClientIdentity } from './client-identity.js';

type Around = Pick<CatalogStreamOptions, 'client' | 'logger' | 'gatewayId' | 'onSwap' | 'onThrottleReset'> & {
  readonly siblings: Siblings | undefined;
};

/** The catalogue of this gateway's environment, with a sealed copy on disk that one of its workers keeps. */
export async function followCatalog(config: GatewayConfig, { siblings, ...around }: Around): Promise<CatalogStream> {
  const { environment, listeners } = config.gateway;
  const { key } = await loadClientIdentity(config);
  const path = join(config.dataDir, `gateway-${listeners.https}`, 'catalog.bin');
  const isKeeper = (siblings?.worker ?? 1) === 1;
  const file = new CatalogFile(path, environment, catalogFileKey(key), around.logger, isKeeper);
  return new CatalogStream({ ...around, file, environment, compile: compileSettings(config) });
}
