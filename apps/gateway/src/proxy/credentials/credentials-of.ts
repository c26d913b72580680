import { type AddressGuard, ask } from '@keygate/common/documents';
import type { CompiledEndpoint } from '../../apis/compiled-catalog.js';
import { GatewayError } from '../../pipeline/gateway-errors.js';
import type { BackendAddress } from '../backend-address.js';
import type { BackendCounters } from '../backend-counters.js';
import type { BackendPool } from '../backend-pool.js';
import type { ProxySettings } from '../proxy-settings.js';
import { trustedBy } from '../trusted-by.js';
import type { BackendCredentials } from './backend-credentials.js';
import { basicCredentials } from './basic.js';
import { digestCredentials } from './digest.js';
import { oauthCredentials } from './oauth.js';

export interface CredentialsSurroundings {
  readonly settings: ProxySettings;
  readonly guard: AddressGuard;
  readonly counters: BackendCounters;
}

/** Undefined for an endpoint without security: then nothing is sent, least of all the client's own credentials. */
export function credentialsOf(
  { security, trustedCertificates }: CompiledEndpoint,
  poolOf: (address: BackendAddress) => BackendPool,
  { settings, guard, counters }: CredentialsSurroundings,
): BackendCredentials | undefined {
  switch (security?.type) {
    case undefined:
      return undefined;
    case 'basic':
      return basicCredentials(security.username, security.password);
    case 'digest':
      return digestCredentials(security.username, security.password, async (address, path) => {
        const found = await poolOf(address)
          .probe('HEAD', path, settings.headersTimeoutMillis)
          .catch((cause: unknown) => {
            throw new GatewayError('backendCredentialsUnavailable', { cause, headers: ['Retry-After', '1'] });
          });
        return found.headers;
      });
    case 'oauth': {
      const ca = trustedBy(settings.ca, trustedCertificates);
      return oauthCredentials(security, {
        post: (url, headers, body) => ask(url, { method: 'POST', headers, body, guard, ca, deadlineMillis }),
        now: Date.now,
        count: (result) => counters.tokens[result]++,
      });
    }
  }
}

const deadlineMillis = 5_000;
