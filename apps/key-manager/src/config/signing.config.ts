import { setting } from '@keygate/common/config';
import { z } from 'zod';

/** Settings of the keys that access tokens and id_tokens are signed with. */
export const signing = z
  .strictObject({
    algorithm: setting(
      z.enum(['RS256', 'ES256']).default('RS256'),
      'What signs where a client has not chosen. RS256 is what every resource server knows; ES256 costs a tenth to sign.',
      { env: 'KEY_MANAGER_SIGNING_ALGORITHM', wso2: 'identity.xml SignatureAlgorithm' },
    ),
    rotationDays: setting(
      z.number().min(0).max(3_650).default(90),
      'Days after which a signing key gets a successor; 0 leaves that to `keygate keys rotate`.',
      { env: 'KEY_MANAGER_SIGNING_ROTATION_DAYS' },
    ),
    jwksMaxAgeSeconds: setting(
      z.int().min(1).max(86_400).default(300),
      'How long resource servers may keep the key set. A new key is published for this long before it signs.',
      { env: 'KEY_MANAGER_JWKS_MAX_AGE_SECONDS' },
    ),
  })
  .prefault({});

export const accessTokenFormat = setting(
  z.enum(['opaque', 'jwt']).default('opaque'),
  'Form of access tokens of applications that have not chosen one: random values, or JWTs (RFC 9068).',
  { env: 'KEY_MANAGER_ACCESS_TOKEN_FORMAT' },
);

export const reuseActiveToken = setting(
  z.boolean().default(false),
  'Give the same client, user and scopes the same opaque tokens while they live, as WSO2 does, instead of new ones.',
  { env: 'KEY_MANAGER_REUSE_ACTIVE_TOKEN' },
);

export const idTokenSeconds = setting(
  z.int().min(1).max(31_536_000).default(3_600),
  'Seconds an id_token may be used to log in with.',
  { env: 'KEY_MANAGER_ID_TOKEN_SECONDS', wso2: 'identity.xml OpenIDConnect/IDTokenExpiration' },
);

export const publicUrl = setting(
  z.url({ protocol: /^https$/ }).optional(),
  'HTTPS base URL of the key managers as clients reach them; `iss` of tokens is this and /oauth2/token. Every key ' +
    'manager of one database needs the same. Unset: https://<publicHost>:<HTTPS port>.',
  { env: 'KEY_MANAGER_PUBLIC_URL' },
);
