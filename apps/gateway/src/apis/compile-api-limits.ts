import type { Api } from '@keygate/proto/keymanager/v1/catalog';
import type { CompiledApiLimits, CompiledLimit } from './compiled-limits.js';

/** The limits an API has by itself. A hard limit that makes no sense is left out and named in `problems`. */
export function compileApiLimits({ limits, type }: Api, problems: string[]): CompiledApiLimits {
  const offered = limits?.subscriptionTiers ?? [];
  return {
    throttlingTier: limits?.throttlingTier ?? '',
    production: hardLimit(limits?.productionRequests ?? 0, limits?.windowMillis ?? 0, problems),
    sandbox: hardLimit(
      limits?.sandboxRequests ?? 0,
      limits?.sandboxWindowMillis || limits?.windowMillis || 0,
      problems,
    ),
    subscriptionlessTier: offered.findLast((tier) => tier.includes(subscriptionless)) ?? usualTier(type, offered),
  };
}

const subscriptionless = 'DefaultSubscriptionless';
const streamingTypes = new Set(['WS', 'SSE', 'WEBSUB', 'ASYNC']);

function usualTier(type: string | undefined, offered: readonly string[]): string {
  return offered.at(-1) ?? (streamingTypes.has(type ?? '') ? `Async${subscriptionless}` : subscriptionless);
}

function hardLimit(amount: number, windowMillis: number, problems: string[]): CompiledLimit | undefined {
  if (amount === 0) return undefined;
  if (windowMillis < 1) {
    problems.push('the window of its hard limit is missing; a second is taken');
    return { unit: 'requests', amount, windowMillis: 1_000 };
  }
  return { unit: 'requests', amount, windowMillis };
}
