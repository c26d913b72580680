export { connectRedis, type RedisSettings, subscribeRedis } from './connect.js';
export { type NotBeforeKind, type RedisKeys, redisKeys } from './keys.js';
