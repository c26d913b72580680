import type { ApiSecurity, Endpoint } from '@keygate/proto/keymanager/v1/catalog';
import type { ApiCertificates } from '../certificates/certificate.js';
import { addressOf } from '../certificates/endpoint-urls.js';
import { keyTypeMessage } from '../grpc/key-type.js';
import type { ApiBody } from './api.js';

/** What callers of an API may show. */
export function catalogSecurity(body: ApiBody, certificates: ApiCertificates | undefined): ApiSecurity {
  return {
    schemes: [...body.securityScheme],
    apiKeyHeader: typeof body.apiKeyHeader === 'string' ? body.apiKeyHeader : '',
    audiences: namesOf(body.audiences),
    keyManagers: namesOf(body.keyManagers),
    clientCertificates: (certificates?.client ?? []).map(({ alias, pem, tier, keyType }) => ({
      alias,
      pem,
      throttlingTier: tier,
      keyTypes: keyType === undefined ? [] : [keyTypeMessage(keyType)],
    })),
  };
}

/** WSO2: `all` among them, or none at all, names everybody. */
function namesOf(value: unknown): string[] {
  const names = Array.isArray(value) ? value.filter((name): name is string => typeof name === 'string') : [];
  return names.some((name) => name.toLowerCase() === 'all') ? [] : names;
}

/** The certificates that were given for the addresses of an endpoint. */
export function trusting(endpoint: Endpoint | undefined, certificates: ApiCertificates | undefined) {
  if (!endpoint || !certificates || certificates.endpoints.length === 0) return endpoint;
  const addresses = new Set(endpoint.urls.map(addressOf));
  const trusted = certificates.endpoints.filter((each) => addresses.has(addressOf(each.endpoint) ?? ''));
  return { ...endpoint, trustedCertificates: trusted.map(({ pem }) => pem) };
}
