import type { ChannelOptions } from '@grpc/grpc-js';

const retried = [
  { service: 'keymanager.v1.KeyValidationService', method: 'ValidateToken' },
  { service: 'keymanager.v1.TokenService', method: 'IntrospectToken' },
  { service: 'keymanager.v1.IdentityService', method: 'UserInfo' },
  { service: 'keymanager.v1.IdentityService', method: 'Discovery' },
  { service: 'keymanager.v1.CatalogService', method: 'Watch' },
  { service: 'keymanager.v1.RevocationService', method: 'Watch' },
];

/**
 * Spreads calls over all addresses and retries reads. IssueToken and RevokeToken are not retried: UNAVAILABLE may come
 * after the server has committed. A draining server leaves the rotation by GOAWAY; grpc-js has no client-side health
 * checking, so a `healthCheckConfig` here would be ignored silently.
 */
export const serviceConfig = {
  loadBalancingConfig: [{ round_robin: {} }],
  methodConfig: [
    {
      name: retried,
      retryPolicy: {
        maxAttempts: 4,
        initialBackoff: '0.02s',
        maxBackoff: '0.2s',
        backoffMultiplier: 2,
        retryableStatusCodes: ['UNAVAILABLE'],
      },
    },
  ],
  // A server that is down must not be hit by four times the traffic.
  retryThrottling: { maxTokens: 100, tokenRatio: 0.5 },
};

/** Channel options of a gateway: a frozen server is noticed within two seconds, a returning one within one. */
export function clientChannelOptions(maxMessageBytes = 64 * 1_024 * 1_024): ChannelOptions {
  return {
    'grpc.service_config': JSON.stringify(serviceConfig),
    'grpc.keepalive_time_ms': 500,
    'grpc.keepalive_timeout_ms': 1_500,
    'grpc.keepalive_permit_without_calls': 1,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1_000,
    // A catalogue snapshot is one large answer.
    'grpc.max_receive_message_length': maxMessageBytes,
  };
}

/**
 * Channel options of a key manager. `grpc.max_connection_age_ms` is minutes, so that long-lived channels spread over
 * new servers; 0 would not mean "unlimited", it would recycle every connection at once.
 */
export function serverChannelOptions(settings: {
  readonly maxMessageBytes: number;
  readonly maxConcurrentStreams: number;
}): ChannelOptions {
  return {
    'grpc.max_receive_message_length': settings.maxMessageBytes,
    'grpc.max_concurrent_streams': settings.maxConcurrentStreams,
    'grpc.keepalive_time_ms': 10_000,
    'grpc.keepalive_timeout_ms': 5_000,
    'grpc.max_connection_age_ms': 30 * 60_000,
    'grpc.max_connection_age_grace_ms': 60_000,
  };
}
