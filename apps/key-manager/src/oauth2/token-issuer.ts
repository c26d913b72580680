import { InvalidGrant } from './errors.js';
import { grantExpiry } from './lifetimes.js';
import type {
  Authorization,
  Client,
  Confirmation,
  GrantRecord,
  NewTokens,
  PresentedRefreshToken,
  RedeemedCode,
  Rotation,
  TokenGranted,
} from './model.js';
import { newTokens } from './new-tokens.js';
import type { Clock, TokenStore, TokenValues } from './ports.js';
import { repeatableRotation } from './refresh-rotation.js';
import { formatScope } from './scope.js';
import { tokenTypeOf } from './sender-constraint.js';
import type { OAuth2Settings } from './settings.js';

export interface TokenIssuerDeps {
  readonly tokens: TokenStore;
  readonly values: TokenValues;
  readonly clock: Clock;
  readonly settings: OAuth2Settings;
}

/** Mints and stores what a grant decided, and answers after the commit. The tokens are bound to `confirmation`. */
export type TokenIssuer = (
  client: Client,
  authorization: Authorization,
  confirmation?: Confirmation,
) => Promise<TokenGranted>;

interface Pair {
  readonly accessToken: string;
  readonly refreshToken?: string | undefined;
}

/** RFC 6749 §5.1. Only hashes are stored; the values exist in the answer alone. */
export function createTokenIssuer({ tokens, values, clock, settings }: TokenIssuerDeps): TokenIssuer {
  return (client, authorization, confirmation) =>
    authorization.rotates
      ? rotate(client, authorization, authorization.rotates, confirmation)
      : issue(client, authorization, confirmation);

  async function issue(client: Client, authorization: Authorization, confirmation: Confirmation | undefined) {
    const now = clock.now();
    const { scope, redeems } = authorization;
    const grant: GrantRecord = {
      id: redeems?.grantId ?? asUuid(values.random()),
      clientId: client.clientId,
      tenantDomain: authorization.tenantDomain,
      subject: authorization.subject,
      kind: authorization.kind,
      createdAt: now,
      expiresAt: grantExpiry(settings, now),
      details: authorization.details,
    };
    const pair: Pair = {
      accessToken: values.random(),
      refreshToken: authorization.refreshable && canRefresh(client) ? values.random() : undefined,
    };
    const stored = newTokens(
      settings,
      client,
      authorization,
      { ...pair, grant, generation: 0, refreshScope: scope, confirmation },
      now,
    );
    await save(stored, redeems);
    return granted(pair, stored.accessToken, now);
  }

  async function save(stored: NewTokens, redeems: RedeemedCode | undefined): Promise<void> {
    if (!redeems) return tokens.saveTokens(stored);
    if (await tokens.redeemCode(redeems.kind, redeems.hash, stored)) return;
    // Somebody else redeemed it in between: one of the two stole it, so neither keeps its tokens (RFC 6749 §4.1.2).
    await tokens.revokeBy({ kind: 'grant', grantId: redeems.grantId }, clock.now());
    throw new InvalidGrant('The code is invalid.');
  }

  async function rotate(
    client: Client,
    authorization: Authorization,
    presented: PresentedRefreshToken,
    confirmation: Confirmation | undefined,
  ) {
    const { value, record } = presented;
    if (record.rotation) return repeat(presented, record.rotation);
    const now = clock.now();
    const salt = values.salt();
    const pair = values.successorOf(value, salt);
    // Rotation never narrows what the family may ask for (RFC 6749 §6), whatever this request asked for.
    const family = { grant: record.grant, generation: record.generation + 1, refreshScope: record.scope };
    const successor = newTokens(settings, client, authorization, { ...pair, ...family, confirmation }, now);
    if (await tokens.rotateRefreshToken(record.hash, salt, successor)) {
      return granted(pair, successor.accessToken, now);
    }
    // Read ACTIVE, yet another request was first: a race, not a reuse. It shares the winner's pair and ends no family.
    const rotated = await tokens.findRefreshToken(record.hash);
    const rotation = rotated && repeatableRotation(rotated, client, settings, clock.now());
    if (!rotation) throw new InvalidGrant('The refresh token is invalid.');
    return repeat(presented, rotation);
  }

  /** The same successor once more: derived again, since it is stored nowhere. */
  function repeat({ value }: PresentedRefreshToken, { salt, successorAccessToken }: Rotation): TokenGranted {
    return granted(values.successorOf(value, salt), successorAccessToken, clock.now());
  }

  /** A refresh token that the client may not present is not made. */
  function canRefresh(client: Client): boolean {
    return client.grantTypes.includes('refresh_token') && settings.grantTypes.includes('refresh_token');
  }
}

interface IssuedFacts {
  readonly scope: readonly string[];
  readonly expiresAt?: number | undefined;
  readonly confirmation?: Confirmation | undefined;
}

function granted(
  { accessToken, refreshToken }: Pair,
  { scope, expiresAt, confirmation }: IssuedFacts,
  now: number,
): TokenGranted {
  return {
    accessToken,
    tokenType: tokenTypeOf(confirmation),
    // WSO2 reports "never" as a number beyond what JavaScript reads exactly; this is the largest that is safe.
    expiresIn: expiresAt === undefined ? Number.MAX_SAFE_INTEGER : Math.max(0, Math.floor((expiresAt - now) / 1_000)),
    refreshToken,
    scope: formatScope(scope),
  };
}

/** Grant ids are UUIDs of version 4 (RFC 9562 §5.4), made from 32 hex digits. */
function asUuid(hex: string): string {
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}
