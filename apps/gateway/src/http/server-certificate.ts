import { ensureCertificate, loadPemPair, type PemPair } from '@keygate/common/tls';
import type { GatewayConfig } from '../config/gateway.config.js';

/** The certificate of the HTTPS port: the configured one, else one from the CA in the data folder. */
export function loadServerCertificate({ dataDir, gateway }: GatewayConfig): Promise<PemPair> {
  const { certFile, keyFile } = gateway.tls;
  if (certFile !== undefined || keyFile !== undefined) {
    return loadPemPair(certFile, keyFile, { cert: 'gateway.tls.certFile', key: 'gateway.tls.keyFile' });
  }
  const hosts = [gateway.listeners.publicHost, gateway.listeners.bindAddress];
  return ensureCertificate(dataDir, { name: 'gateway', commonName: 'gateway', kind: 'server', hosts });
}
