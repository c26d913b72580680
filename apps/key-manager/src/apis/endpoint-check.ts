import { rootCertificates } from 'node:tls';
import { AddressRefused, type AddressRules, ask, createAddressGuard } from '@keygate/common/documents';
import type { CertificateStore } from '../certificates/certificate-store.js';

/** WSO2 ApiEndpointValidationResponse. */
export interface EndpointAnswer {
  /** 0 when there was no answer. */
  readonly statusCode: number;
  readonly statusMessage: string;
  readonly error: string | null;
}

export interface EndpointCheckSettings {
  readonly addresses: AddressRules;
  /** PEM of CAs that are trusted beside the public ones and what the tenant has uploaded. */
  readonly authorities: readonly string[];
  readonly deadlineMillis?: number;
}

/** Asks an endpoint for its head. What it learns beside the status is whether somebody is there. */
export type EndpointCheck = (tenantDomain: string, url: string) => Promise<EndpointAnswer>;

export function createEndpointCheck(
  { addresses, authorities, deadlineMillis = 5_000 }: EndpointCheckSettings,
  certificates: Pick<CertificateStore, 'listEndpointCertificates'>,
): EndpointCheck {
  const guard = createAddressGuard(addresses);
  return async (tenantDomain, url) => {
    const uploaded = await certificates.listEndpointCertificates(tenantDomain);
    const ca = [...rootCertificates, ...authorities, ...uploaded.map(({ pem }) => pem)];
    try {
      const { status, statusText } = await ask(url, { method: 'HEAD', guard, ca, deadlineMillis });
      return { statusCode: status, statusMessage: statusText, error: null };
    } catch (cause) {
      return { statusCode: 0, statusMessage: '', error: reasonOf(cause) };
    }
  };
}

/** A few fixed texts: those of the system tell too much of the network that this server is in. */
function reasonOf(cause: unknown): string {
  if (cause instanceof AddressRefused) return 'The address may not be called from here';
  const { name = '', code = '' } = cause as { readonly name?: string; readonly code?: string };
  if (name === 'TimeoutError' || name === 'AbortError') return 'The endpoint did not answer in time';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'The host is not known';
  if (/CERT|SELF_SIGNED|UNABLE_TO|HOSTNAME/.test(code)) return 'The certificate of the endpoint is not trusted';
  return 'The endpoint cannot be reached';
}
