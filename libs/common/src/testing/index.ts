export { freePort, freePorts } from './free-port.js';
export { type RunningPostgres, startPostgres } from './postgres.js';
export { type RunningProcess, startProcess } from './process.js';
export { type RunningRedis, startRedis } from './redis.js';
export { type TemporaryFolder, temporaryFolder } from './temporary-folder.js';
export { waitUntil } from './wait-until.js';
