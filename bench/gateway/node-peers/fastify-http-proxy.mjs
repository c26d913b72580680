import proxy from '@fastify/http-proxy';
import fastify from 'fastify';
import { backendUrl, port } from './settings.mjs';

const app = fastify();
app.register(proxy, { upstream: backendUrl, undici: { connections: 256, pipelining: 1 } });
await app.listen({ host: '127.0.0.1', port });
