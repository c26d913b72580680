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
  dpop: z
    .strictObject({
      nonce: setting(
        z.enum(['off', 'required']).default('off'),
        'Whether DPoP proofs need a nonce of this server, which clients get with a first refusal.',
        { env: 'KEY_MANAGER_DPOP_NONCE' },
      ),
      nonceSeconds: setting(
        z.int().min(10).max(3_600).default(300),
        'How long a nonce is handed out; it is good for twice that.',
      ),
      maxAgeSeconds: setting(z.int().min(5).max(600).default(60), 'How old a DPoP proof may be.'),
      clockSkewSeconds: setting(
        z.int().min(0).max(300).default(30),
        'How far the clocks of clients that use DPoP may be off.',
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
