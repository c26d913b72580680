import { findHeader, headerValues } from '../header-lines.js';
import { cacheControl, type Directives, seconds } from './cache-control.js';

/** What may be done with an answer (RFC 9111 section 3). */
export interface Storability {
  readonly lifetimeMillis: number;
  /** Of the answer when it came. */
  readonly ageMillis: number;
  /** The answer is for everybody, whoever has asked for it. */
  readonly isPublic: boolean;
  /** Lower-case names of the request headers that the answer depends on. */
  readonly vary: readonly string[];
}

export interface StorableRequest {
  /** The backend was shown who asks by something that the cache's key does not hold: a cookie. */
  readonly hasCredentials: boolean;
  readonly maxSeconds: number;
  readonly now: number;
}

/** Kept without being asked to, for as long as the API says; others only when the backend says for how long. */
const usual = new Set([200, 203, 204]);
const possible = new Set([300, 301, 308, 404, 410]);

/** Whether an answer may be given again and for how long; undefined when it must not. */
export function storability(
  status: number,
  headers: readonly string[],
  { hasCredentials, maxSeconds, now }: StorableRequest,
): Storability | undefined {
  if (!usual.has(status) && !possible.has(status)) return undefined;
  const said = cacheControl(headers);
  if (said.has('no-store') || said.has('private') || said.has('no-cache')) return undefined;
  // Whatever it is for, it is for the one who asked.
  if (findHeader(headers, 'set-cookie') !== undefined) return undefined;
  const vary = varyOf(headers);
  if (vary === undefined) return undefined;
  const isShared = said.has('public') || said.has('s-maxage') || said.has('must-revalidate');
  // RFC 9111 section 3.5.
  if (hasCredentials && !isShared) return undefined;
  const fresh = freshSeconds(said, headers, now);
  if (fresh === undefined && !usual.has(status)) return undefined;
  const age = Number(findHeader(headers, 'age') ?? 0);
  const ageSeconds = Number.isSafeInteger(age) && age > 0 ? age : 0;
  const lifetime = Math.min(maxSeconds, fresh === undefined ? maxSeconds : fresh - ageSeconds);
  if (lifetime <= 0) return undefined;
  return {
    lifetimeMillis: lifetime * 1_000,
    ageMillis: ageSeconds * 1_000,
    isPublic: said.has('public') || said.has('s-maxage'),
    vary,
  };
}

/** RFC 9111 section 4.2.1, as a shared cache reads it; undefined when the backend says nothing. */
function freshSeconds(said: Directives, headers: readonly string[], now: number): number | undefined {
  const told = seconds(said, 's-maxage') ?? seconds(said, 'max-age');
  if (told !== undefined) return told;
  const expires = findHeader(headers, 'expires');
  if (expires === undefined) return undefined;
  const date = Date.parse(findHeader(headers, 'date') ?? '');
  const until = Date.parse(expires);
  return Number.isNaN(until) ? 0 : (until - (Number.isNaN(date) ? now : date)) / 1_000;
}

function varyOf(headers: readonly string[]): readonly string[] | undefined {
  const names = headerValues(headers, 'vary')
    .flatMap((line) => line.split(','))
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
  if (names.includes('*')) return undefined;
  // Backends that compress and forget to say so would have their bytes sent to clients that cannot read them.
  if (findHeader(headers, 'content-encoding') !== undefined) names.push('accept-encoding');
  return [...new Set(names)];
}
