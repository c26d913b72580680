import { setting } from '@keygate/common/config';
import { z } from 'zod';

const mebibyte = 1_048_576;

/** What is done to requests and answers beyond passing them on. */
export const mediation = z
  .strictObject({
    maxBodyBytes: setting(
      z.int().min(1_024).max(1_073_741_824).default(mebibyte),
      'Largest body that is read whole, for schema validation or by a policy; above it 413. All others are streamed.',
      { env: 'GATEWAY_MEDIATION_MAX_BODY_BYTES' },
    ),
    maxHeldBytes: setting(
      z
        .int()
        .min(mebibyte)
        .default(256 * mebibyte),
      'Most memory for all bodies that are being read whole; above it 503.',
    ),
    bodyDeadlineMillis: setting(
      z.int().min(100).max(3_600_000).default(30_000),
      'How long a client may take to send a body that is read whole; then 408.',
    ),
    cacheBytes: setting(
      z
        .int()
        .min(0)
        .default(64 * mebibyte),
      'Memory for answers of APIs with response caching; 0 keeps none.',
      { env: 'GATEWAY_RESPONSE_CACHE_BYTES' },
    ),
    maxCachedAnswerBytes: setting(z.int().min(1_024).default(mebibyte), 'Largest answer that is kept.'),
  })
  .prefault({});

/** X-JWT-Assertion: who calls, for backends. */
export const backendJwt = z
  .strictObject({
    enabled: setting(z.boolean().default(false), 'Tell backends who calls, in a header with a signed JWT.', {
      env: 'GATEWAY_BACKEND_JWT_ENABLED',
      wso2: 'apim.jwt.enable',
    }),
    header: setting(
      z
        .string()
        .regex(/^[A-Za-z0-9-]{1,64}$/, 'is no header name')
        .default('X-JWT-Assertion'),
      'Name of that header; what clients send under it never passes.',
      { env: 'GATEWAY_BACKEND_JWT_HEADER', wso2: 'apim.jwt.header' },
    ),
    encoding: setting(z.enum(['base64', 'base64url']).default('base64url'), 'How its three parts are written.', {
      env: 'GATEWAY_BACKEND_JWT_ENCODING',
      wso2: 'apim.jwt.encoding',
    }),
    dialect: setting(
      z.string().max(200).default('http://wso2.org/claims'),
      'What the names of claims begin with; a slash is put between.',
      { env: 'GATEWAY_BACKEND_JWT_DIALECT', wso2: 'apim.jwt.claim_dialect' },
    ),
    excludedClaims: setting(
      z.array(z.string().min(1)).max(100).default([]),
      'Claims that are left out, with or without the dialect in front.',
      { env: 'GATEWAY_BACKEND_JWT_EXCLUDED_CLAIMS' },
    ),
    issuer: setting(z.string().min(1).max(500).optional(), 'Claim `iss`. Unset: the public URL of this gateway.', {
      env: 'GATEWAY_BACKEND_JWT_ISSUER',
    }),
    lifetimeSeconds: setting(z.int().min(60).max(86_400).default(900), 'How long such a JWT is good for.', {
      env: 'GATEWAY_BACKEND_JWT_LIFETIME_SECONDS',
    }),
    keyFile: setting(
      z.string().optional(),
      'PEM private key that signs, RSA of 2048 bits or more (RS256) or P-256 (ES256). Unset: one made in the data folder.',
      { env: 'GATEWAY_BACKEND_JWT_KEY_FILE' },
    ),
    algorithm: setting(
      z.enum(['RS256', 'ES256']).default('RS256'),
      'Kind of the key that is made when there is none; ES256 signs ten times faster.',
      { env: 'GATEWAY_BACKEND_JWT_ALGORITHM', wso2: 'apim.jwt.signing_algorithm' },
    ),
  })
  .prefault({});
