import type { AccessTokenRecord } from './model.js';
import type { TokenStore } from './ports.js';

export interface TokenUseDeps {
  readonly tokens: Pick<TokenStore, 'markAccessTokenUsed'>;
  /** Told when noting the use of a token failed; the answer doesn't wait for that. */
  readonly reportFailure: (cause: unknown) => void;
}

/** The longest grace window there can be: a token seen later ends none. */
const maxGraceMillis = 60_000;

/** Notes that a live access token was seen: whoever presents the refresh token before it again is a thief or late. */
export function noteUse({ tokens, reportFailure }: TokenUseDeps, record: AccessTokenRecord, now: number): void {
  if (record.grant.kind !== 'APPLICATION_USER' || now - record.issuedAt > maxGraceMillis) return;
  tokens.markAccessTokenUsed(record.hash).catch(reportFailure);
}
