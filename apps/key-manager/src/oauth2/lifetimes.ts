import type { Authorization, Client, GrantRecord } from './model.js';
import type { OAuth2Settings } from './settings.js';

type Lifetimes = Pick<OAuth2Settings, 'lifetimesSeconds'>;

/** When an access token ends: by the client's lifetime, else the server's, or sooner if the grant decided so. */
export function accessTokenExpiry(
  { lifetimes }: Client,
  { kind, atMostSeconds }: Authorization,
  { lifetimesSeconds }: Lifetimes,
  now: number,
): number | undefined {
  const seconds =
    kind === 'APPLICATION'
      ? chosen(lifetimes.applicationAccessToken, lifetimesSeconds.applicationAccessToken)
      : chosen(lifetimes.userAccessToken, lifetimesSeconds.userAccessToken);
  return earlier(after(now, seconds), atMostSeconds === undefined ? undefined : after(now, atMostSeconds));
}

/** When a refresh token ends if it isn't used, but never later than its family. */
export function refreshTokenExpiry(
  { lifetimes }: Client,
  grant: GrantRecord,
  { lifetimesSeconds }: Lifetimes,
  now: number,
): number | undefined {
  return earlier(after(now, chosen(lifetimes.refreshToken, lifetimesSeconds.refreshToken)), grant.expiresAt);
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

function earlier(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Math.min(one, other);
}
