import { setting } from '@keygate/common/config';
import { z } from 'zod';

/** The `gateway.webSocket` section of `keygate.yaml`. */
export const webSocket = z
  .strictObject({
    allowedOrigins: setting(
      z.array(z.string().regex(/^https?:\/\/[^/\s]+$|^null$/)).default([]),
      'Origins whose pages may open WebSocket connections, such as https://app.example.com. Empty: all. ' +
        'Clients that are no browsers name none and are not concerned.',
      { env: 'GATEWAY_WEBSOCKET_ALLOWED_ORIGINS' },
    ),
    maxConnections: setting(z.int().min(1).default(5_000), 'Most open WebSocket connections; above it 503.', {
      env: 'GATEWAY_WEBSOCKET_MAX_CONNECTIONS',
    }),
    maxFrameBytes: setting(
      z.int().min(125).default(1_048_576),
      'Largest WebSocket frame; a larger one ends the connection with 1009.',
      { env: 'GATEWAY_WEBSOCKET_MAX_FRAME_BYTES' },
    ),
    maxMessageBytes: setting(
      z.int().min(125).default(16_777_216),
      'Largest WebSocket message, as it is on the wire; a larger one ends the connection with 1009.',
      { env: 'GATEWAY_WEBSOCKET_MAX_MESSAGE_BYTES' },
    ),
    idleTimeoutMillis: setting(
      z.int().min(100).default(300_000),
      'How long a WebSocket connection may be silent in both directions, pings included.',
      { env: 'GATEWAY_WEBSOCKET_IDLE_TIMEOUT_MILLIS' },
    ),
  })
  .prefault({});
