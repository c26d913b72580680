import { join } from 'node:path';
import type { Logger } from '@keygate/common/logging';
import type { GatewayConfig } from '../config/gateway.config.js';
import { ByteBudget } from '../pipeline/mediation/byte-budget.js';
import { ResponseCache } from '../pipeline/mediation/response-cache.js';
import type { Ports } from '../pipeline/ports.js';
import { type AssertionKey, loadAssertionKey } from './assertion-key.js';
import { SignedAssertions } from './signed-assertions.js';
import { UsedTokens } from './used-tokens.js';

export interface MediationOptions {
  readonly revokeOneTimeToken: (tokenHash: Buffer) => Promise<unknown>;
  readonly logger: Logger;
  /** Of this gateway as its clients reach it. */
  readonly publicUrl: () => string;
}

export interface MediationParts {
  readonly ports: Pick<Ports, 'mediation' | 'responses' | 'assertions' | 'oneTimeTokens'>;
  /** For the key set of this gateway: what backends verify with. */
  readonly ownKeys: readonly Readonly<Record<string, unknown>>[];
}

export async function createMediation(config: GatewayConfig, options: MediationOptions): Promise<MediationParts> {
  const { mediation, backendJwt } = config.gateway;
  const { revokeOneTimeToken: revoke, logger, publicUrl } = options;
  const key = backendJwt.enabled ? await assertionKey(config) : undefined;
  const issuer = () => backendJwt.issuer ?? publicUrl();
  return {
    ports: {
      mediation: {
        maxBodyBytes: mediation.maxBodyBytes,
        budget: new ByteBudget(mediation.maxHeldBytes),
        deadlineMillis: mediation.bodyDeadlineMillis,
      },
      responses:
        mediation.cacheBytes === 0
          ? undefined
          : new ResponseCache({
              maxBytes: mediation.cacheBytes,
              maxEntryBytes: mediation.maxCachedAnswerBytes,
              now: Date.now,
            }),
      assertions: key && new SignedAssertions({ settings: backendJwt, key, issuer, now: Date.now }),
      oneTimeTokens: new UsedTokens({ revoke, logger }),
    },
    ownKeys: key === undefined ? [] : [key.publicJwk],
  };
}

function assertionKey({ dataDir, gateway }: GatewayConfig): Promise<AssertionKey> {
  const { keyFile, algorithm } = gateway.backendJwt;
  if (keyFile !== undefined) return loadAssertionKey(keyFile);
  return loadAssertionKey(join(dataDir, `gateway-${gateway.listeners.https}`, 'backend-jwt.key'), algorithm);
}
