import { setting } from '@keygate/common/config';
import { z } from 'zod';
import { networkRange } from '../apis/address.js';

export const throttling = z
  .strictObject({
    mode: setting(
      z.enum(['merged', 'strict']).default('merged'),
      'How limits hold across gateways that share a Redis: `merged` counts locally and exchanges counts every ' +
        'mergeMillis, `strict` asks Redis for every call and is exact.',
      { env: 'GATEWAY_THROTTLING_MODE' },
    ),
    strictPolicies: setting(
      z.array(z.string().min(1)).max(1_000).default([]),
      'Names of tiers and custom rules that are strict although the mode is `merged`.',
      { env: 'GATEWAY_THROTTLING_STRICT_POLICIES' },
    ),
    mergeMillis: setting(z.int().min(50).max(200).default(100), 'How often counts are exchanged through Redis.'),
    maxCounters: setting(
      z.int().min(1_000).max(10_000_000).default(500_000),
      'Most counters kept; callers that come beyond it share one for each limit until others have run out.',
    ),
    headers: setting(
      z.boolean().default(true),
      'Whether answers to calls under a limit say what is left of it (RateLimit-Limit, -Remaining, -Reset).',
      { env: 'GATEWAY_THROTTLING_HEADERS' },
    ),
  })
  .prefault({});

export const trustedProxies = setting(
  z
    .array(z.string().refine((text) => networkRange(text) !== undefined, 'must be an address or a network (CIDR)'))
    .max(100)
    .default([]),
  'Addresses and networks of proxies before the gateway, which may say in X-Forwarded-For whose call it is. ' +
    'Unset: the address that is connected counts and the header is ignored.',
  { env: 'GATEWAY_TRUSTED_PROXIES' },
);
