import { setting } from '@keygate/common/config';
import { z } from 'zod';

/** The part of the `oauth2` section about how clients prove themselves. */
export const clientProofSettings = {
  clientAssertion: z
    .strictObject({
      maxLifetimeSeconds: setting(
        z.int().min(10).max(3_600).default(600),
        'How far ahead the `exp` of a client assertion (private_key_jwt) may be.',
      ),
      clockSkewSeconds: setting(
        z.int().min(0).max(300).default(30),
        "How far clients' clocks may be off when they prove themselves by a signature.",
      ),
    })
    .prefault({}),
  clientCertificateCaFile: setting(
    z.string().optional(),
    'PEM of the CAs whose certificates prove clients of the method tls_client_auth, intermediate CAs included. ' +
      'Unset: no client proves itself that way.',
    { env: 'KEY_MANAGER_CLIENT_CERTIFICATE_CA_FILE' },
  ),
};
