import { setting } from '@keygate/common/config';
import { z } from 'zod';

/** The `gateway.credentials` section. */
export const credentials = z
  .strictObject({
    authorizationHeader: setting(
      z
        .string()
        .regex(/^[A-Za-z0-9-]{1,64}$/)
        .default('Authorization'),
      'Header that carries access tokens and passwords of APIs that name none of their own.',
      { env: 'GATEWAY_AUTHORIZATION_HEADER', wso2: 'apim.oauth_config.auth_header' },
    ),
    keyTypes: setting(
      z.enum(['both', 'production', 'sandbox']).default('both'),
      'Which kind of keys this gateway takes: all, or those of its kind of environment only.',
      { env: 'GATEWAY_KEY_TYPES', wso2: 'apim.gateway.environment type' },
    ),
    certificateChains: setting(
      z.boolean().default(false),
      'For mutual TLS of APIs, take a client certificate that an uploaded one vouches for, through intermediate ones if need ' +
        'be. Without it only the uploaded certificates themselves are taken.',
      {
        env: 'GATEWAY_CERTIFICATE_CHAINS',
        wso2: 'apimgt.mutual_ssl.enable_certificate_chain_validation',
      },
    ),
    passwordTtlSeconds: setting(
      z.int().min(0).max(300).default(30),
      'How long a password that was right is taken without asking the key manager. Whatever ends tokens of its user ends that.',
      { env: 'GATEWAY_PASSWORD_TTL_SECONDS' },
    ),
    keySets: z
      .strictObject({
        allowPrivateNetworks: setting(
          z.boolean().default(false),
          'Fetch key sets of other key managers also from private networks and from this machine.',
          { env: 'GATEWAY_KEY_SETS_ALLOW_PRIVATE_NETWORKS' },
        ),
        caFile: setting(
          z.string().optional(),
          'PEM of the CAs that are believed of servers with key sets. Unset: the public ones.',
          { env: 'GATEWAY_KEY_SETS_CA_FILE' },
        ),
      })
      .prefault({}),
  })
  .prefault({});
