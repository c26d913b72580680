import type { Logger } from '@keygate/common/logging';
import type { Redis } from 'ioredis';
import type { Clock, ResourceOwners } from '../../oauth2/ports.js';
import { FallbackLoginAttempts } from './fallback-login-attempts.js';
import type { LoginAttempts, ThrottleRule } from './login-attempts.js';
import { createSources } from './login-source.js';
import { LoginThrottle } from './login-throttle.js';
import { MemoryLoginAttempts } from './memory-login-attempts.js';
import { RedisLoginAttempts } from './redis-login-attempts.js';
import { type RefusedLogins, ThrottledResourceOwners } from './throttled-resource-owners.js';

/** The `loginThrottle` section of the key manager's config has this shape. */
export interface LoginThrottleSettings {
  readonly enabled: boolean;
  readonly freeAttempts: number;
  readonly baseDelaySeconds: number;
  readonly maxDelaySeconds: number;
  readonly networkFreeAttempts: number;
  readonly windowSeconds: number;
  readonly sharedNetworks: readonly string[];
}

interface Surroundings {
  readonly settings: LoginThrottleSettings;
  readonly secretKey: Buffer;
  /** Where key managers count together; undefined: this one counts alone. */
  readonly redis: { readonly connection: Pick<Redis, 'eval'>; readonly keyPrefix: string } | undefined;
  /** Most logins that stand in line; as many as may wait for the password check. */
  readonly maxWaiting: number;
  readonly refusals: RefusedLogins;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** `owners` behind the throttle, or as they are when it is turned off. */
export function throttleLogins(owners: ResourceOwners, surroundings: Surroundings): ResourceOwners {
  const { settings, secretKey, maxWaiting, refusals } = surroundings;
  if (!settings.enabled) return owners;
  const throttle = new LoginThrottle(createAttempts(surroundings), maxWaiting);
  const sourceOf = createSources(secretKey, settings.sharedNetworks);
  return new ThrottledResourceOwners({ owners, throttle, sourceOf, refusals });
}

function createAttempts({ settings, redis, clock, logger }: Surroundings): LoginAttempts {
  const rule: ThrottleRule = {
    freeAttempts: settings.freeAttempts,
    baseDelayMillis: settings.baseDelaySeconds * 1_000,
    maxDelayMillis: settings.maxDelaySeconds * 1_000,
    networkFreeAttempts: settings.networkFreeAttempts,
    windowMillis: settings.windowSeconds * 1_000,
  };
  const own = new MemoryLoginAttempts(rule, clock);
  if (!redis) return own;
  const shared = new RedisLoginAttempts(redis.connection, redis.keyPrefix, rule);
  return new FallbackLoginAttempts(shared, own, clock, logger);
}
