import { port, setting, sharedSettings } from '@keygate/common/config';
import { z } from 'zod';
import { parseServerUrl, ServerUrlProblem } from '../key-manager/server-url.js';
import { cors } from './cors.config.js';
import { credentials } from './credentials.config.js';
import { backendJwt, mediation } from './mediation.config.js';
import { proxy } from './proxy.config.js';
import { throttling, trustedProxies } from './throttling.config.js';
import { webSocket } from './websocket.config.js';

const listeners = z
  .strictObject({
    bindAddress: setting(z.string().min(1).default('127.0.0.1'), 'Address that API traffic is accepted on.', {
      env: 'GATEWAY_BIND_ADDRESS',
    }),
    https: setting(port().default(8243), 'HTTPS port for API traffic and the token endpoints, before the offset.', {
      env: 'GATEWAY_HTTPS_PORT',
      wso2: 'axis2.xml PassThroughHttpSSLListener',
    }),
    http: setting(port().default(8280), 'HTTP port for API traffic, before the offset.', {
      env: 'GATEWAY_HTTP_PORT',
      wso2: 'axis2.xml PassThroughHttpListener',
    }),
    wss: setting(port().default(8099), 'Port of WebSocket connections over TLS, before the offset.', {
      env: 'GATEWAY_WSS_PORT',
      wso2: 'ws_endpoint, wss_endpoint',
    }),
    ws: setting(port().default(9099), 'Port of WebSocket connections without TLS, before the offset.', {
      env: 'GATEWAY_WS_PORT',
      wso2: 'ws_endpoint, wss_endpoint',
    }),
    operationsBindAddress: setting(z.string().min(1).default('127.0.0.1'), 'Address of the operations listener.', {
      env: 'GATEWAY_OPERATIONS_BIND_ADDRESS',
    }),
    operations: setting(port().default(9643), 'Port of /healthz, /readyz and /metrics, before the offset.', {
      env: 'GATEWAY_OPERATIONS_PORT',
    }),
    publicHost: setting(z.string().min(1).default('localhost'), 'Host name in the URLs that are printed.', {
      env: 'GATEWAY_PUBLIC_HOST',
      wso2: 'carbon.xml HostName',
    }),
  })
  .prefault({});

const tls = z
  .strictObject({
    certFile: setting(z.string().optional(), 'PEM certificate chain. Unset: one from the local CA.', {
      env: 'GATEWAY_TLS_CERT_FILE',
    }),
    keyFile: setting(z.string().optional(), 'PEM private key of the certificate.', { env: 'GATEWAY_TLS_KEY_FILE' }),
    clientCertificates: setting(
      z.enum(['off', 'request']).default('request'),
      'Whether the HTTPS port asks clients for a certificate (RFC 8705); none is ever required. Turn it off for APIs that ' +
        'pages call in browsers whose users have certificates, which would ask which one to show.',
      { env: 'GATEWAY_TLS_CLIENT_CERTIFICATES', wso2: 'axis2.xml SSLVerifyClient' },
    ),
  })
  .prefault({});

const keyManager = z
  .strictObject({
    serverUrl: setting(
      z.string().min(1).optional(),
      'gRPC address of the key manager: one or more comma-separated `https://host:port`, or `dns:///name:port`. ' +
        'Unset: `https://localhost:` with port 10397 plus the own offset.',
      {
        env: 'KEY_MANAGER_SERVER_URL',
        flag: 'key-manager-server-url',
        wso2: 'api-manager.xml APIKeyValidator/ServerURL',
      },
    ),
    allowPlaintext: setting(z.boolean().default(false), 'Allow `http://` addresses that are not on loopback.', {
      env: 'KEY_MANAGER_ALLOW_PLAINTEXT',
    }),
    caFile: setting(
      z.string().optional(),
      'PEM of the CA that signed the key manager certificate. Unset: the local CA.',
      {
        env: 'KEY_MANAGER_CA_FILE',
      },
    ),
    certFile: setting(
      z.string().optional(),
      'PEM client certificate shown to the key manager. Unset: from the local CA.',
      {
        env: 'KEY_MANAGER_CLIENT_CERT_FILE',
      },
    ),
    keyFile: setting(z.string().optional(), 'PEM private key of the client certificate.', {
      env: 'KEY_MANAGER_CLIENT_KEY_FILE',
    }),
    issueDeadlineMillis: setting(z.int().min(100).max(60_000).default(5_000), 'Deadline of a token request.', {
      env: 'KEY_MANAGER_ISSUE_DEADLINE_MILLIS',
    }),
    validateDeadlineMillis: setting(z.int().min(50).max(60_000).default(1_000), 'Deadline of a token validation.', {
      env: 'KEY_MANAGER_VALIDATE_DEADLINE_MILLIS',
    }),
  })
  .superRefine(({ serverUrl, allowPlaintext }, context) => {
    try {
      parseServerUrl(serverUrl, { portOffset: 0, allowPlaintext });
    } catch (error) {
      if (!(error instanceof ServerUrlProblem)) throw error;
      context.addIssue({ code: 'custom', path: ['serverUrl'], message: error.message });
    }
  })
  .prefault({});

const tokens = z
  .strictObject({
    localTtlSeconds: setting(
      z.int().min(0).max(3_600).default(10),
      'How long a token is trusted from memory while revocations cannot be heard.',
      { env: 'GATEWAY_TOKEN_LOCAL_TTL_SECONDS' },
    ),
    cacheTtlSeconds: setting(
      z.int().min(0).max(86_400).default(900),
      'How long a token is kept in memory and in Redis.',
      {
        env: 'GATEWAY_TOKEN_CACHE_TTL_SECONDS',
        wso2: 'CacheConfigurations/TokenCacheExpiry',
      },
    ),
    negativeTtlSeconds: setting(
      z.int().min(0).max(60).default(5),
      'How long an unknown token is remembered as unknown.',
      {
        env: 'GATEWAY_TOKEN_NEGATIVE_TTL_SECONDS',
      },
    ),
    maxEntries: setting(z.int().min(100).default(200_000), 'Most tokens kept in memory.', {
      env: 'GATEWAY_TOKEN_MAX_ENTRIES',
    }),
    maxUnknownPerAddress: setting(
      z.int().min(0).default(100),
      'How many unknown tokens one client address may send in ten seconds. Above it most of its tokens that are not in ' +
        'memory or Redis are answered 503 without asking the key manager. 0: any number.',
      { env: 'GATEWAY_TOKEN_MAX_UNKNOWN_PER_ADDRESS' },
    ),
    enforceTypeHeader: setting(
      z.boolean().default(true),
      'Take JWTs of the type at+jwt only, so that an id_token opens no API.',
      {
        env: 'GATEWAY_TOKEN_ENFORCE_TYPE_HEADER',
        wso2: 'apim.token.validation.enforce_type_header_validation',
      },
    ),
  })
  .prefault({});

const dpop = z
  .strictObject({
    nonce: setting(
      z.enum(['off', 'required']).default('off'),
      'Whether DPoP proofs of API calls need a nonce of this gateway, which clients get with a first refusal.',
      { env: 'GATEWAY_DPOP_NONCE' },
    ),
    nonceKey: setting(
      z.string().min(32).optional(),
      'What nonces are made with; gateways with the same one accept those of each other. Unset: made up at each start.',
      { env: 'GATEWAY_DPOP_NONCE_KEY', secret: true },
    ),
    maxAgeSeconds: setting(z.int().min(5).max(600).default(60), 'How old a DPoP proof may be.'),
    clockSkewSeconds: setting(z.int().min(0).max(300).default(30), 'How far the clocks of clients may be off.'),
    maxRememberedProofs: setting(
      z.int().min(1_000).max(10_000_000).default(500_000),
      'Most used proofs that are remembered for two minutes; above it calls with a proof are answered 503.',
    ),
  })
  .prefault({});

const limits = z
  .strictObject({
    maxHeaderBytes: setting(z.int().min(4_096).max(262_144).default(16_384), 'Largest request head; above it 431.'),
    maxUrlBytes: setting(z.int().min(256).max(65_536).default(8_192), 'Longest request target; above it 414.'),
    headersTimeoutMillis: setting(z.int().min(100).default(10_000), 'How long a client may take to send its head.'),
    requestTimeoutMillis: setting(
      z.int().min(0).default(300_000),
      'How long a client may take to send a whole request.',
    ),
    maxConnections: setting(z.int().min(1).default(15_000), 'Most open client connections per listener.'),
    maxTokenRequestBytes: setting(z.int().min(1_024).default(65_536), 'Largest body of a token request; above it 413.'),
  })
  .prefault({});

/** The `gateway` section of `keygate.yaml` together with the shared settings. */
export const gatewaySchema = z.strictObject({
  ...sharedSettings,
  gateway: z
    .strictObject({
      id: setting(
        z
          .string()
          .regex(/^[\w.-]{1,64}$/)
          .optional(),
        'Name of this gateway in logs. Unset: host name and port.',
        {
          env: 'GATEWAY_ID',
        },
      ),
      publicUrl: setting(
        z.url({ protocol: /^https$/ }).optional(),
        'HTTPS base URL of this gateway as its clients reach it, for the URLs in its metadata. ' +
          'Unset: https://<publicHost>:<HTTPS port>.',
        { env: 'GATEWAY_PUBLIC_URL' },
      ),
      otherPublicUrls: setting(
        z
          .array(z.url({ protocol: /^https?$/ }))
          .max(50)
          .default([]),
        'Other base URLs under which clients reach this gateway; a DPoP proof has to be for one of them or for publicUrl.',
        { env: 'GATEWAY_OTHER_PUBLIC_URLS' },
      ),
      environment: setting(z.string().min(1).default('Default'), 'Gateway environment whose APIs are served.', {
        env: 'GATEWAY_ENVIRONMENT',
      }),
      allowInsecureTokenRequests: setting(z.boolean().default(false), 'Answer token requests on the HTTP port too.', {
        env: 'GATEWAY_ALLOW_INSECURE_TOKEN_REQUESTS',
      }),
      workers: setting(
        z.union([z.int().min(1).max(256), z.literal('auto')]).default(1),
        'Processes that share the ports of this gateway, each on a core of its own; `auto` for as many as there are cores.',
        { env: 'GATEWAY_WORKERS' },
      ),
      drainSeconds: setting(z.int().min(0).max(3_600).default(20), 'How long open requests may go on after SIGTERM.', {
        env: 'GATEWAY_DRAIN_SECONDS',
      }),
      listeners,
      tls,
      keyManager,
      tokens,
      dpop,
      proxy,
      limits,
      webSocket,
      mediation,
      credentials,
      cors,
      backendJwt,
      throttling,
      trustedProxies,
    })
    .prefault({}),
});

export type GatewayConfig = z.output<typeof gatewaySchema>;
