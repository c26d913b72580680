import { type DeepReadonly, port, setting, sharedSettings } from '@keygate/common/config';
import { z } from 'zod';
import { isAddressRange } from '../users/throttle/login-source.js';
import { authorization } from './authorization.config.js';
import { clientProofSettings, registrationSettings } from './clients.config.js';
import { endpointChecks } from './endpoint-checks.config.js';
import { defaultGrantTypes, grantSettings, grantTypeNames } from './grant-settings.config.js';
import { accessTokenFormat, idTokenSeconds, publicUrl, reuseActiveToken, signing } from './signing.config.js';
import { throttlingSettings } from './throttling.config.js';

const never = -1;
const lifetime = () => z.union([z.int().min(1).max(3_155_760_000), z.literal(never)]);

const listeners = z
  .strictObject({
    bindAddress: setting(z.string().min(1).default('127.0.0.1'), 'Address of the HTTPS, HTTP and gRPC listeners.', {
      env: 'KEY_MANAGER_BIND_ADDRESS',
    }),
    https: setting(
      port().default(9443),
      'HTTPS port of /oauth2, registration, the REST APIs and SCIM, before the offset.',
      {
        env: 'KEY_MANAGER_HTTPS_PORT',
        wso2: 'carbon.xml Ports/ServletTransports',
      },
    ),
    http: setting(port().default(9763), 'HTTP port, redirects to HTTPS, before the offset.', {
      env: 'KEY_MANAGER_HTTP_PORT',
    }),
    grpc: setting(port().default(10_397), 'gRPC port that gateways call, before the offset.', {
      env: 'KEY_MANAGER_GRPC_PORT',
      wso2: 'api-manager.xml ThriftServerPort',
    }),
    operationsBindAddress: setting(z.string().min(1).default('127.0.0.1'), 'Address of the operations listener.', {
      env: 'KEY_MANAGER_OPERATIONS_BIND_ADDRESS',
    }),
    operations: setting(port().default(9844), 'Port of /healthz, /readyz and /metrics, before the offset.', {
      env: 'KEY_MANAGER_OPERATIONS_PORT',
    }),
    publicHost: setting(
      z.string().min(1).default('localhost'),
      'Host name in the issuer and in URLs that are printed.',
      {
        env: 'KEY_MANAGER_PUBLIC_HOST',
        wso2: 'carbon.xml HostName',
      },
    ),
  })
  .prefault({});

const tls = z
  .strictObject({
    certFile: setting(z.string().optional(), 'PEM certificate chain of the HTTPS port. Unset: one from the local CA.', {
      env: 'KEY_MANAGER_TLS_CERT_FILE',
    }),
    keyFile: setting(z.string().optional(), 'PEM private key of the HTTPS port.', { env: 'KEY_MANAGER_TLS_KEY_FILE' }),
    clientCertificates: setting(
      z.enum(['off', 'request']).default('off'),
      'Whether the HTTPS port asks clients for a certificate (RFC 8705). Off by default, because browsers whose user has ' +
        'one would ask which to show before they open a login page or the portal; the gateways ask.',
      { env: 'KEY_MANAGER_TLS_CLIENT_CERTIFICATES' },
    ),
  })
  .prefault({});

const grpc = z
  .strictObject({
    caFile: setting(z.string().optional(), 'PEM of the CA whose client certificates are let in. Unset: the local CA.', {
      env: 'KEY_MANAGER_GRPC_CA_FILE',
    }),
    certFile: setting(z.string().optional(), 'PEM certificate of the gRPC port. Unset: one from the local CA.', {
      env: 'KEY_MANAGER_GRPC_CERT_FILE',
    }),
    keyFile: setting(z.string().optional(), 'PEM private key of the gRPC port.', { env: 'KEY_MANAGER_GRPC_KEY_FILE' }),
    maxMessageBytes: setting(z.int().min(16_384).default(4_194_304), 'Largest gRPC message that is accepted.'),
    maxConcurrentStreams: setting(
      z.int().min(1).default(1_000),
      'Most calls in flight on one connection, and on one stream of calls.',
    ),
  })
  .prefault({});

const lifetimes = z
  .strictObject({
    userAccessToken: setting(lifetime().default(3_600), 'Seconds an access token for a user lives; -1 never expires.', {
      env: 'KEY_MANAGER_USER_ACCESS_TOKEN_SECONDS',
      wso2: 'identity.xml UserAccessTokenDefaultValidityPeriod',
    }),
    applicationAccessToken: setting(lifetime().default(3_600), 'Seconds an access token for an application lives.', {
      env: 'KEY_MANAGER_APPLICATION_ACCESS_TOKEN_SECONDS',
      wso2: 'identity.xml AccessTokenDefaultValidityPeriod',
    }),
    refreshToken: setting(lifetime().default(86_400), 'Seconds a refresh token lives when it is not used.', {
      env: 'KEY_MANAGER_REFRESH_TOKEN_SECONDS',
      wso2: 'identity.xml RefreshTokenValidityPeriod',
    }),
    grant: setting(lifetime().default(31_536_000), 'Seconds after which a refresh family ends for good.', {
      env: 'KEY_MANAGER_GRANT_SECONDS',
    }),
    idToken: idTokenSeconds,
  })
  .prefault({});

const oauth2 = z
  .strictObject({
    grantTypes: setting(
      z.array(z.enum(grantTypeNames)).default(defaultGrantTypes),
      'Grants that are enabled; a client may use those of them that are in its own list.',
      { env: 'KEY_MANAGER_GRANT_TYPES' },
    ),
    lifetimesSeconds: lifetimes,
    accessTokenFormat,
    reuseActiveToken,
    signing,
    unknownScopes: setting(
      z.enum(['drop', 'grant', 'reject']).default('drop'),
      'What happens to a requested scope that is registered nowhere.',
      { env: 'KEY_MANAGER_UNKNOWN_SCOPES' },
    ),
    allowedScopes: setting(
      z.array(z.string()).default(['^device_.*', 'openid']),
      'Scopes (regular expressions over the whole name) granted without asking for roles.',
      { env: 'KEY_MANAGER_ALLOWED_SCOPES', wso2: 'api-manager.xml ScopeWhitelist' },
    ),
    ...clientProofSettings,
    registration: registrationSettings,
    ...grantSettings,
    authorization,
    refreshGraceSeconds: z
      .strictObject({
        confidential: setting(z.int().min(0).max(60).default(10), 'Grace window of a rotated refresh token.', {
          env: 'KEY_MANAGER_REFRESH_GRACE_SECONDS',
        }),
        public: setting(z.int().min(0).max(60).default(30), 'The same for public clients.', {
          env: 'KEY_MANAGER_PUBLIC_REFRESH_GRACE_SECONDS',
        }),
      })
      .prefault({}),
  })
  .prefault({});

const passwords = z
  .strictObject({
    memoryKib: setting(z.int().min(8_192).default(19_456), 'argon2id memory in KiB.'),
    iterations: setting(z.int().min(1).default(2), 'argon2id passes.'),
    minLength: setting(
      z.int().min(1).max(64).default(5),
      'Fewest characters of a password that is set, by anybody and by any way. The default is that of WSO2; 12 or more ' +
        'is better where no old clients set passwords.',
      { env: 'KEY_MANAGER_PASSWORD_MIN_LENGTH', wso2: 'user-mgt.xml PasswordJavaRegEx' },
    ),
    maxQueue: setting(z.int().min(1).default(256), 'Most password checks waiting; above it 503 and Retry-After.', {
      env: 'KEY_MANAGER_PASSWORD_QUEUE',
    }),
  })
  .prefault({});

const loginThrottle = z
  .strictObject({
    enabled: setting(z.boolean().default(true), 'Delay logins after wrong passwords, by login and by network.', {
      env: 'KEY_MANAGER_LOGIN_THROTTLE',
    }),
    freeAttempts: setting(
      z.int().min(1).max(1_000).default(5),
      'Wrong passwords for one user from one network (IPv4 address or IPv6 /64) before the first delay.',
      { env: 'KEY_MANAGER_LOGIN_FREE_ATTEMPTS' },
    ),
    baseDelaySeconds: setting(
      z.int().min(1).max(3_600).default(1),
      'The first delay; every further failure doubles it.',
    ),
    maxDelaySeconds: setting(z.int().min(1).max(86_400).default(300), 'The longest delay.'),
    networkFreeAttempts: setting(
      z.int().min(1).max(1_000_000).default(100),
      'Wrong passwords from one network in a window, whatever the user, before its logins are delayed.',
      { env: 'KEY_MANAGER_LOGIN_NETWORK_FREE_ATTEMPTS' },
    ),
    windowSeconds: setting(
      z.int().min(60).max(86_400).default(900),
      'Seconds after which wrong passwords of a user are forgotten and those of a network have run off.',
    ),
    sharedNetworks: setting(
      z.array(z.string().refine(isAddressRange, 'must be an IP address or a CIDR range')).max(1_000).default([]),
      'Addresses and CIDR ranges that many users come from, such as proxies in front of the gateways and applications ' +
        'that send passwords for their users: wrong passwords from there count against the user only.',
      { env: 'KEY_MANAGER_LOGIN_SHARED_NETWORKS' },
    ),
  })
  .prefault({});

const keySets = z
  .strictObject({
    allowPrivateNetworks: setting(
      z.boolean().default(false),
      'Fetch key sets (JWKS) of identity providers and clients from private networks and this machine too, from this ' +
        'machine also over plain HTTP.',
      { env: 'KEY_MANAGER_KEY_SETS_FROM_PRIVATE_NETWORKS' },
    ),
    caFile: setting(
      z.string().optional(),
      'PEM of CAs that are trusted when key sets are fetched. Unset: the public ones.',
      { env: 'KEY_MANAGER_KEY_SETS_CA_FILE' },
    ),
  })
  .prefault({});

const janitor = z
  .strictObject({
    enabled: setting(
      z.boolean().default(true),
      'Delete expired tokens, codes and feed entries in the background. Off: keygate janitor run does it when called.',
      { env: 'KEY_MANAGER_JANITOR', wso2: 'identity.xml TokenCleanup/EnableTokenCleanup' },
    ),
  })
  .prefault({});

const audit = z
  .strictObject({
    logHeadMinutes: setting(
      z.int().min(0).max(10_080).default(60),
      'How often the head of the audit log is written to the process log if it moved, so that it is also kept where ' +
        'the database cannot change it. 0: never.',
      { env: 'KEY_MANAGER_AUDIT_LOG_HEAD_MINUTES' },
    ),
  })
  .prefault({});

/** The `keyManager` section of `keygate.yaml` together with the shared settings. */
export const keyManagerSchema = z.strictObject({
  ...sharedSettings,
  keyManager: z
    .strictObject({
      databaseUrl: setting(
        z
          .string()
          .regex(/^postgres(ql)?:\/\//, 'must be a postgresql:// URL')
          .optional(),
        'PostgreSQL. Unset: the embedded database in the data folder.',
        { env: 'DATABASE_URL', secret: true },
      ),
      databasePoolSize: setting(z.int().min(2).max(500).default(20), 'Most connections to PostgreSQL.', {
        env: 'DATABASE_POOL_SIZE',
      }),
      secretKey: setting(
        z.string().min(32).optional(),
        'Server key that client secrets and rotated tokens are derived with and endpoint secrets are encrypted with; ' +
          'every key manager of one database needs the same. ' +
          'Unset: one is made in the data folder.',
        { env: 'KEY_MANAGER_SECRET_KEY', secret: true },
      ),
      adminPassword: setting(
        z.string().min(1).optional(),
        'Password of the user admin, set when the database is empty. Unset: a random one, printed once.',
        { env: 'KEYGATE_ADMIN_PASSWORD', secret: true, wso2: 'user-mgt.xml AdminUser/Password' },
      ),
      publicUrl,
      gatewayUrl: setting(
        z.url().optional(),
        'HTTPS base URL of the gateways, for URLs shown to API consumers. Unset: https://localhost:<8243 + own offset>.',
        { env: 'KEY_MANAGER_GATEWAY_URL' },
      ),
      caseSensitiveUserNames: setting(z.boolean().default(false), 'Tell `Alice` and `alice` apart.', {
        env: 'KEY_MANAGER_CASE_SENSITIVE_USER_NAMES',
      }),
      drainSeconds: setting(z.int().min(0).max(3_600).default(20), 'How long open requests may go on after SIGTERM.', {
        env: 'KEY_MANAGER_DRAIN_SECONDS',
      }),
      listeners,
      tls,
      grpc,
      oauth2,
      passwords,
      janitor,
      audit,
      loginThrottle,
      keySets,
      endpointChecks,
      throttling: throttlingSettings,
    })
    .prefault({}),
});

export type KeyManagerConfig = DeepReadonly<z.output<typeof keyManagerSchema>>;
