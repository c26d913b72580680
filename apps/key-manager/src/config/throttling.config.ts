import { setting } from '@keygate/common/config';
import { z } from 'zod';

/** What tiers there are; how they are counted is the gateways' business. */
export const throttlingSettings = z
  .strictObject({
    unlimitedTier: setting(
      z.boolean().default(true),
      'Whether the tier Unlimited can be chosen, and is the default. Off: it is hidden, and what has it keeps it.',
      { env: 'KEY_MANAGER_UNLIMITED_TIER', wso2: 'deployment.toml apim.throttling.enable_unlimited_tier' },
    ),
  })
  .prefault({});
