import { ensureCertificate, ensureLocalCa, loadCa, loadPemPair } from '@keygate/common/tls';
import type { GatewayConfig } from '../config/gateway.config.js';
import type { ClientIdentity } from './channel.js';

/** From the configured files, else from the CA in the data folder, which a key manager of the same machine shares. */
export async function loadClientIdentity({ dataDir, gateway }: GatewayConfig): Promise<ClientIdentity> {
  const { caFile, certFile, keyFile } = gateway.keyManager;
  const hasOwnPair = certFile !== undefined || keyFile !== undefined;
  const pair = hasOwnPair
    ? await loadPemPair(certFile, keyFile, { cert: 'gateway.keyManager.certFile', key: 'gateway.keyManager.keyFile' })
    : await ensureCertificate(dataDir, { name: 'gateway-client', commonName: 'gateway', kind: 'client' });
  const ca =
    caFile === undefined ? (await ensureLocalCa(dataDir)).cert : await loadCa(caFile, 'gateway.keyManager.caFile');
  return { cert: pair.cert, key: pair.key, ca };
}
