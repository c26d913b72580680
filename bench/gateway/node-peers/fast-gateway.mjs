import gateway from 'fast-gateway';
import { backendUrl, port } from './settings.mjs';

const server = gateway({
  routes: [{ prefix: '', pathRegex: '/*', target: backendUrl, http: { keepAliveMsecs: 60_000, maxSockets: 256 } }],
});
await server.start(port, '127.0.0.1');
