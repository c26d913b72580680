import { z } from 'zod';
import { setting } from './setting.js';

/** Settings that both roles read from the top level of `keygate.yaml`. */
export const sharedSettings = {
  portOffset: setting(z.int().min(0).max(55_000).default(0), 'Added once to every listening port of this process.', {
    env: 'PORT_OFFSET',
    flag: 'port-offset',
    wso2: '-DportOffset, carbon.xml Ports/Offset',
  }),
  dataDir: setting(
    z.string().min(1).default('.keygate'),
    'Folder for the embedded database, certificates and caches.',
    {
      env: 'KEYGATE_DATA_DIR',
      flag: 'data-dir',
    },
  ),
  logging: z
    .strictObject({
      level: setting(
        z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
        'The least severe level that is written.',
        { env: 'LOG_LEVEL', flag: 'log-level' },
      ),
      format: setting(
        z.enum(['auto', 'json', 'pretty']).default('auto'),
        '`auto` is readable on a terminal and JSON elsewhere.',
        { env: 'LOG_FORMAT' },
      ),
    })
    .prefault({}),
  redis: z
    .strictObject({
      url: setting(
        z
          .string()
          .regex(/^(rediss?|redis\+sentinel|unix):\/\/|^\//, 'must be a redis://, rediss:// or unix:// URL')
          .optional(),
        'Redis for the shared token cache and revocation fan-out. Unset: each gateway keeps its own cache.',
        { env: 'REDIS_URL', secret: true },
      ),
      keyPrefix: setting(
        z
          .string()
          .regex(/^[\w:-]{1,64}$/, 'must be 1 to 64 letters, digits, "_", "-" or ":"')
          .default('kg'),
        'Prefix of every Redis key and channel; two clusters on one Redis need different ones.',
        { env: 'REDIS_KEY_PREFIX' },
      ),
      commandTimeoutMillis: setting(
        z.int().min(5).max(10_000).default(50),
        'How long a Redis command may take before the gateway goes on without it.',
        { env: 'REDIS_COMMAND_TIMEOUT_MILLIS' },
      ),
    })
    .prefault({}),
};
