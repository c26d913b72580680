/** When the last of these tokens expires; null when one of them never does. */
export function lastExpiry(...tokens: ({ readonly expiresAt?: number | undefined } | undefined)[]): number | null {
  const expiries = tokens.flatMap((token) => (token === undefined ? [] : [token.expiresAt]));
  if (expiries.includes(undefined)) return null;
  return Math.max(...expiries.map((expiry) => expiry ?? 0));
}
