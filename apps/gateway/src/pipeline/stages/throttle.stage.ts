import type { Answers } from '../answers.js';
import type { Exchange } from '../exchange.js';
import { isNamed } from '../header-lines.js';
import type { Ports } from '../ports.js';
import type { Stage } from '../stage.js';

/** Holds the call against its limits: of the API and resource, the subscription, the application's user, custom rules. */
export function throttle({ throttling }: Pick<Ports, 'throttling'>, answers: Answers): Stage {
  return {
    name: 'throttle',
    run: (exchange) => throttling?.admit(exchange, answers),
  };
}

/** Tells what is left of the tightest limit (draft-ietf-httpapi-ratelimit-headers-06); a backend's own gives way. */
export function addRateLimitHeaders({ rateLimit }: Exchange, headers: string[]): void {
  if (rateLimit === undefined) return;
  for (let i = headers.length - 2; i >= 0; i -= 2) if (isOwned(headers[i])) headers.splice(i, 2);
  const { limit, remaining, endsAt } = rateLimit;
  const seconds = Math.max(0, Math.ceil((endsAt - Date.now()) / 1_000));
  headers.push('RateLimit-Limit', String(limit), 'RateLimit-Remaining', String(remaining));
  headers.push('RateLimit-Reset', String(seconds));
}

const owned = ['ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset'] as const;

function isOwned(name: string | undefined): boolean {
  return isNamed(name, owned[0]) || isNamed(name, owned[1]) || isNamed(name, owned[2]);
}
