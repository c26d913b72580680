import { expect, it } from 'vitest';
import type { CompiledEndpoint, Upstream } from '../apis/compiled-catalog.js';
import type { Exchange } from '../pipeline/exchange.js';
import { OpenConnections } from './open-connections.js';
import { createWebSocketForwarder } from './websocket-forwarder.js';

it('a handshake that cannot be sent takes no place', () => {
  const connections = new OpenConnections(2, () => undefined);
  const upstream = {
    origin: 'http://127.0.0.1:1',
    template: { path: ['/', { name: 'room', keepsReserved: false }], query: [] },
  } as unknown as Upstream;
  const forwarder = createWebSocketForwarder({
    settings: { allowedOrigins: [], maxFrameBytes: 1, maxMessageBytes: 1, idleTimeoutMillis: 1 },
    connections,
    nextUpstream: () => upstream,
    connectTimeoutMillis: 1_000,
    headersTimeoutMillis: 1_000,
  });
  const exchange = {
    method: 'GET',
    upgrade: {},
    rawHeaders: ['Sec-WebSocket-Version', '13', 'Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
    route: { resource: { target: '/chat?room={room}' }, suffix: '/chat', query: 'room=..' },
  } as unknown as Exchange;
  const forward = () => forwarder.forward(exchange, {} as CompiledEndpoint, {} as never);
  for (let i = 0; i < 5; i++) expect(forward).toThrow('Bad Request');
  expect(connections.size).toBe(0);
});
