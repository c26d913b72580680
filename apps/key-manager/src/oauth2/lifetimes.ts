import type { Authorization, Client, GrantRecord } from './model.js';
import type { OAuth2Settings } from './settings.js';

type Lifetimes = Pick<OAuth2Settings, 'lifetimesSeconds'>;

/** When an access token ends: what the grant decided, else the client's lifetime, else the server's. */
export function accessTokenExpiry(
  { lifetimes }: Client,
  { kind, accessTokenSeconds }: Authorization,
  { lifetimesSeconds }: Lifetimes,
  now: number,
): number | undefined {
  const seconds =
    kind === 'APPLICATION'
      ? chosen(lifetimes.applicationAccessToken, lifetimesSeconds.applicationAccessToken)
      : chosen(lifetimes.userAccessToken, lifetimesSeconds.userAccessToken);
  return after(now, accessTokenSeconds ?? seconds);
}

/** When a refresh token ends if it isn't used, but never later than its family. */
export function refreshTokenExpiry(
  { lifetimes }: Client,
  grant: GrantRecord,
  { lifetimesSeconds }: Lifetimes,
  now: number,
): number | undefined {
  const idle = after(now, chosen(lifetimes.refreshToken, lifetimesSeconds.refreshToken));
  const earliest = Math.min(idle ?? Number.POSITIVE_INFINITY, grant.expiresAt ?? Number.POSITIVE_INFINITY);
  return Number.isFinite(earliest) ? earliest : undefined;
}

/** When a refresh family ends for good. */
export function grantExpiry({ lifetimesSeconds }: Lifetimes, now: number): number | undefined {
  return after(now, lifetimesSeconds.grant);
}

/** True from the moment of expiry on; what has none never expires. */
export function isExpired(expiresAt: number | undefined, now: number): boolean {
  return expiresAt !== undefined && expiresAt <= now;
}

/** WSO2: 0 stands for the server's lifetime, anything negative for never. */
function chosen(ofClient: number | undefined, ofServer: number): number {
  return ofClient === undefined || ofClient === 0 ? ofServer : ofClient;
}

function after(now: number, seconds: number): number | undefined {
  return seconds < 0 ? undefined : now + seconds * 1_000;
}
