import { GatewayError } from '../pipeline/gateway-errors.js';
import { levelFaults, type Meter } from './meter.js';

/** Ends a call over a limit: when it may be made again, in words, in WSO2's member and in seconds (RFC 9110 section 10.2.3). */
export function refusal({ level, counter }: Meter, now: number): GatewayError {
  const nextAccessTime = accessTime(counter.endsAt);
  return new GatewayError(levelFaults[level], {
    description: `You have exceeded your quota. You can access API after ${nextAccessTime}`,
    headers: ['Retry-After', String(Math.max(1, Math.ceil((counter.endsAt - now) / 1_000)))],
    more: { nextAccessTime },
  });
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** As WSO2 writes it: `2026-Nov-23 10:15:00+0000 UTC`. */
function accessTime(millis: number): string {
  const date = new Date(millis);
  const text = date.toISOString();
  return `${text.slice(0, 4)}-${months[date.getUTCMonth()]}-${text.slice(8, 10)} ${text.slice(11, 19)}+0000 UTC`;
}
