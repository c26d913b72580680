import type { CompiledApi, KeyType } from '../../apis/compiled-catalog.js';
import type { ClientCertificate, CompiledSecurity } from '../../apis/compiled-security.js';
import { apiChallenge } from '../challenge.js';
import type { Exchange } from '../exchange.js';
import { GatewayError } from '../gateway-errors.js';
import type { PipelineSettings, TokenFacts } from '../ports.js';
import { findAnchorOnce } from './certificate-chain.js';
import { usualKeyType } from './environment.js';
import { shownCertificate } from './shown-certificate.js';

/** The uploaded certificate that lets the sender in by itself or beside other credentials (WSO2: mutualssl). */
export function acceptCertificate(
  exchange: Exchange,
  security: CompiledSecurity,
  settings: PipelineSettings,
): ClientCertificate | undefined {
  const uploaded = uploadedFor(exchange, security, settings);
  if (uploaded === undefined && security.certificate === 'required') {
    throw new GatewayError('certificateRequired', { headers: apiChallenge(security) });
  }
  exchange.clientCertificate = uploaded;
  return uploaded;
}

function uploadedFor(
  exchange: Exchange,
  { certificates }: CompiledSecurity,
  { allowCertificateChains = false, isTrustedProxy }: PipelineSettings,
): ClientCertificate | undefined {
  const shown = shownCertificate(exchange, isTrustedProxy);
  if (shown === undefined) return undefined;
  const now = Date.now();
  const same = certificates.get(shown.thumbprint);
  if (same !== undefined) return now >= same.validFrom && now < same.validTo ? same : undefined;
  if (!allowCertificateChains) return undefined;
  return findAnchorOnce(shown, { anchors: certificates, intermediates: exchange.catalog.intermediates, now });
}

/** What stands for a caller who shows a certificate and nothing else. */
export function certificateFacts(
  api: CompiledApi,
  certificate: ClientCertificate,
  onlyKeyType: KeyType | undefined,
): TokenFacts {
  return {
    clientId: '',
    applicationId: '',
    keyType: keyTypeOf(api, certificate, onlyKeyType),
    kind: 'CERTIFICATE',
    user: '',
    tenantDomain: api.tenantDomain,
    scopes: [],
  };
}

function keyTypeOf(api: CompiledApi, { keyTypes }: ClientCertificate, onlyKeyType: KeyType | undefined): KeyType {
  const [only] = keyTypes;
  return keyTypes.length === 1 && only !== undefined ? only : usualKeyType(api, onlyKeyType);
}
