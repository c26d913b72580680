/** How long a token is kept after its expiry, so that a late caller hears "expired" and a replay is recognised. */
export const keepSpentMillis = 30 * 60_000;

/** How far back gateways can catch up on the feeds; also the longest life of a tombstone in Redis. */
export const keepFeedMillis = 24 * 60 * 60_000;
