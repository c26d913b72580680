import { setting } from '@keygate/common/config';
import { verifiableAlgorithms } from '@keygate/common/jose';
import { z } from 'zod';

const assertion = 'urn:ietf:params:oauth:grant-type:';

/** Every `grant_type` there is. */
export const grantTypeNames = [
  'password',
  'refresh_token',
  'client_credentials',
  'authorization_code',
  'implicit',
  `${assertion}device_code`,
  `${assertion}jwt-bearer`,
  `${assertion}saml2-bearer`,
  `${assertion}token-exchange`,
] as const;

/**
 * All but `implicit`, which puts tokens into addresses (RFC 9700 §2.1.2). The others need the client's own list, and the
 * last three a provider that the tenant trusts, so none of them is open before somebody asked for it.
 */
export const defaultGrantTypes = grantTypeNames.filter((name) => name !== 'implicit');

/** Settings of single grants, part of `keyManager.oauth2`. */
export const grantSettings = {
  assertions: z
    .strictObject({
      algorithms: setting(
        z
          .array(z.enum(verifiableAlgorithms))
          .min(1)
          .default(['RS256', 'RS384', 'RS512', 'PS256', 'ES256', 'ES384', 'EdDSA']),
        'Signatures that JWTs of identity providers may have.',
        { env: 'KEY_MANAGER_ASSERTION_ALGORITHMS' },
      ),
      clockSkewSeconds: setting(
        z.int().min(0).max(600).default(60),
        'How far the clocks of identity providers may be off.',
        {
          env: 'KEY_MANAGER_ASSERTION_CLOCK_SKEW_SECONDS',
          wso2: 'identity.xml TimestampSkew',
        },
      ),
      maxLifetimeSeconds: setting(
        z.int().min(60).max(2_592_000).default(86_400),
        'An assertion that ends later than in so many seconds is refused.',
      ),
      singleUse: setting(z.boolean().default(true), 'Take an assertion with an id (`jti`, SAML `ID`) once.', {
        env: 'KEY_MANAGER_ASSERTIONS_SINGLE_USE',
      }),
    })
    .prefault({}),
  exchangeTargets: setting(
    z.array(z.string().min(1).max(2_048)).max(1_000).default([]),
    'Values of `audience` and `resource` that a token exchange may name besides clients of the tenant; an entry that ' +
      'ends with `*` stands for all that begin so. Whatever is named gets into a token that we sign.',
    { env: 'KEY_MANAGER_EXCHANGE_TARGETS' },
  ),
  deviceAuthorization: z
    .strictObject({
      codeSeconds: setting(z.int().min(60).max(3_600).default(600), 'Life of a device code and its user code.', {
        env: 'KEY_MANAGER_DEVICE_CODE_SECONDS',
      }),
      intervalSeconds: setting(z.int().min(1).max(60).default(5), 'How often a device may ask whether it was let in.'),
    })
    .prefault({}),
  pushedAuthorization: z
    .strictObject({
      required: setting(
        z.boolean().default(false),
        'Take authorization requests only when they were pushed (RFC 9126).',
        {
          env: 'KEY_MANAGER_REQUIRE_PUSHED_AUTHORIZATION_REQUESTS',
        },
      ),
      seconds: setting(z.int().min(5).max(600).default(60), 'Life of a pushed authorization request.'),
    })
    .prefault({}),
};
