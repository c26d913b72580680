import { setting } from '@keygate/common/config';
import { z } from 'zod';

/** Dynamic registration by RFC 7591; WSO2's own is always there. */
export const registrationSettings = z
  .strictObject({
    access: setting(
      z.enum(['off', 'users', 'open']).default('users'),
      'Who registers clients at /oauth2/register: nobody, users with their password or an access token, or anybody. ' +
        'Clients that anybody registered get no tokens without a user.',
      { env: 'KEY_MANAGER_REGISTRATION' },
    ),
    roles: setting(
      z.array(z.string().min(1).max(255)).default(['admin', 'Internal/subscriber']),
      'Users with one of these roles may register clients at /oauth2/register.',
      { env: 'KEY_MANAGER_REGISTRATION_ROLES' },
    ),
  })
  .prefault({});

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
