import { Agent } from 'node:http';

/** Where to listen and where to send everything. */
export const { port, backendUrl } = JSON.parse(process.env.BENCH_SETTINGS);

/** Keep-alive connections, as many as are needed. */
export const agent = new Agent({ keepAlive: true, maxSockets: 256, maxFreeSockets: 256 });

process.on('SIGTERM', () => process.exit());
process.on('disconnect', () => process.exit());
