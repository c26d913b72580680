import type { Logger } from '@keygate/common/logging';
import { subkey } from '../oauth2/subkey.js';
import { createSecretBox, isSealed, UnreadableSecret } from './secret-box.js';

/** What gateways are told so that they can prove themselves to backends. It leaves over mutual TLS only. */
export interface GatewaySecrets {
  /** Undefined when this server key does not open it; an empty value is no secret. */
  open(stored: unknown, apiId: string): string | undefined;
  /** What the cookies that hold clients to an address are made with: the same at every gateway. */
  stickyKey(apiId: string): Buffer;
}

export function createGatewaySecrets(serverKey: Buffer, logger: Pick<Logger, 'warn'>): GatewaySecrets {
  const box = createSecretBox(serverKey);
  return {
    open(stored, apiId) {
      if (!isSealed(stored)) return typeof stored === 'string' ? stored : '';
      try {
        return box.open(stored, apiId);
      } catch (error) {
        if (!(error instanceof UnreadableSecret)) throw error;
        logger.warn({ apiId, err: error }, 'endpoint security cannot be read, so gateways do not call the endpoint');
        return undefined;
      }
    },
    stickyKey: (apiId) => subkey(serverKey, `sticky-cookies/${apiId}`),
  };
}
