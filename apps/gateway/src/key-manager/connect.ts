import type { Logger } from '@keygate/common/logging';
import type { GatewayConfig } from '../config/gateway.config.js';
import { channelSettings } from './channel.js';
import { loadClientIdentity } from './client-identity.js';
import { KeyManagerClient } from './key-manager.client.js';
import { parseServerUrl, type ServerUrl, ServerUrlProblem } from './server-url.js';

/** The client for the configured key manager. Connecting happens by itself, whenever one can be reached. */
export async function connectKeyManager(config: GatewayConfig, logger: Logger): Promise<KeyManagerClient> {
  const { keyManager } = config.gateway;
  const url = readServerUrl(config);
  for (const note of url.notes) logger.info({ setting: 'gateway.keyManager.serverUrl' }, note);
  const identity = url.plaintext ? undefined : await loadClientIdentity(config);
  logger.info({ keyManager: url.display }, 'key manager address');
  return new KeyManagerClient(channelSettings(url, identity), keyManager);
}

function readServerUrl({ portOffset, gateway }: GatewayConfig): ServerUrl {
  const { serverUrl, allowPlaintext } = gateway.keyManager;
  try {
    return parseServerUrl(serverUrl, { portOffset, allowPlaintext });
  } catch (error) {
    if (!(error instanceof ServerUrlProblem)) throw error;
    throw new ServerUrlProblem(`gateway.keyManager.serverUrl (KEY_MANAGER_SERVER_URL): ${error.message}`);
  }
}
