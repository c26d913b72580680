import type { Logger } from '@keygate/common/logging';
import type { GatewayConfig } from '../config/gateway.config.js';
import { channelSettings } from './channel.js';
import { loadClientIdentity } from './client-identity.js';
import { KeyManagerClient } from './key-manager.client.js';
import { parseServerUrl } from './server-url.js';

/** The client for the configured key manager. Connecting happens by itself, whenever one can be reached. */
export async function connectKeyManager(config: GatewayConfig, logger: Logger): Promise<KeyManagerClient> {
  const { keyManager } = config.gateway;
  const { serverUrl, allowPlaintext } = keyManager;
  const url = parseServerUrl(serverUrl, { portOffset: config.portOffset, allowPlaintext });
  for (const note of url.notes) logger.info({ setting: 'gateway.keyManager.serverUrl' }, note);
  const identity = url.plaintext ? undefined : await loadClientIdentity(config);
  logger.info({ keyManager: url.display }, 'key manager address');
  return new KeyManagerClient(channelSettings(url, identity), keyManager, logger);
}
