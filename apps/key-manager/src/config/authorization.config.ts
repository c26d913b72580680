import { setting } from '@keygate/common/config';
import { z } from 'zod';

/** Settings of the authorization endpoint and of logins in browsers. */
export const authorization = z
  .strictObject({
    codeSeconds: setting(z.int().min(1).max(600).default(60), 'Seconds in which an authorization code can be used.', {
      env: 'KEY_MANAGER_AUTHORIZATION_CODE_SECONDS',
      wso2: 'identity.xml AuthorizationCodeDefaultValidityPeriod',
    }),
    allowPlainPkce: setting(
      z.boolean().default(false),
      'Let clients with `pkceSupportPlain` use code_challenge_method=plain; S256 always works.',
      { env: 'KEY_MANAGER_ALLOW_PLAIN_PKCE' },
    ),
    allowHttpRedirects: setting(
      z.boolean().default(false),
      'Send codes and tokens also to http:// addresses of other machines. Loopback addresses always work.',
      { env: 'KEY_MANAGER_ALLOW_HTTP_REDIRECTS' },
    ),
    loginIdleSeconds: setting(
      z.int().min(60).max(2_592_000).default(3_600),
      'Seconds without use after which a login in a browser ends.',
      { env: 'KEY_MANAGER_LOGIN_IDLE_SECONDS', wso2: 'identity.xml SessionIdleTimeout' },
    ),
    loginMaxSeconds: setting(
      z.int().min(60).max(31_536_000).default(43_200),
      'Seconds after which a login in a browser ends, used or not.',
      { env: 'KEY_MANAGER_LOGIN_MAX_SECONDS' },
    ),
  })
  .prefault({});
