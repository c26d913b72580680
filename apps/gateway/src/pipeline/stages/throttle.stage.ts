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
  for (let i = headers.length - 2; i >= 0; i -= 2) if (isOwned(headers[i] as string)) headers.splice(i, 2);
  const { limit, remaining, endsAt } = rateLimit;
  const seconds = Math.max(0, Math.ceil((endsAt - Date.now()) / 1_000));
  const left = String(remaining);
  // One push: each lets the array grow by itself.
  headers.push('RateLimit-Limit', limit, 'RateLimit-Remaining', left, 'RateLimit-Reset', String(seconds));
}

/** The lengths spare nearly all comparing. */
function isOwned(name: string): boolean {
  if (name.length === 15) return isNamed(name, 'ratelimit-limit') || isNamed(name, 'ratelimit-reset');
  return name.length === 19 && isNamed(name, 'ratelimit-remaining');
}
