import { InvalidGrant } from './errors.js';
import { OutdatedGrant } from './grant-errors.js';
import {
  type Decided,
  granted,
  type Issuing,
  isRefreshable,
  issuingWith,
  mintJwt,
  newGrant,
  type TokenIssuerDeps,
} from './issued-tokens.js';
import type { Authorization, Client, Confirmation, NewTokens, RedeemedCode, TokenGranted } from './model.js';
import { newTokens } from './new-tokens.js';
import { reuseKey } from './reusable-pair.js';
import { reuse } from './reused-tokens.js';
import { rotate } from './rotated-tokens.js';

export type { TokenIssuerDeps };

/**
 * Mints and stores what a grant decided, and answers after the commit. The tokens are bound to `confirmation`. Throws
 * `OutdatedGrant` when the user whom it rests on has lost all tokens meanwhile.
 */
export type TokenIssuer = (
  client: Client,
  authorization: Authorization,
  confirmation?: Confirmation,
) => Promise<TokenGranted>;

/** RFC 6749 §5.1. Only hashes are stored; the values exist in the answer alone. */
export function createTokenIssuer(deps: TokenIssuerDeps): TokenIssuer {
  const issuing = issuingWith(deps);
  const issueNow = (client: Client, authorization: Authorization, confirmation?: Confirmation) => {
    const decided = { client, authorization, confirmation, now: deps.clock.now() };
    if (authorization.rotates) return rotate(issuing, decided, authorization.rotates);
    // A JWT is always a new one, as in WSO2: its times are written in it.
    const mayReuse = deps.settings.reuseActiveToken && !issuing.mint.mintsJwts(client);
    const key = mayReuse ? reuseKey(client, authorization, confirmation) : undefined;
    return key ? reuse(issuing, decided, key) : issue(issuing, decided);
  };
  return async (...request) => {
    try {
      return await issueNow(...request);
    } catch (thrown) {
      if (thrown instanceof Error && thrown.name === 'EpochMoved') throw new OutdatedGrant({ cause: thrown });
      throw thrown;
    }
  };
}

async function issue(issuing: Issuing, decided: Decided): Promise<TokenGranted> {
  const { values, settings, mint } = issuing;
  const { client, authorization, confirmation, now } = decided;
  const grant = newGrant(issuing, decided);
  const isJwt = mint.mintsJwts(client, authorization.accessTokenFormat);
  const accessToken = isJwt ? await mintJwt(issuing, decided, grant) : values.random();
  const refreshToken = isRefreshable(issuing, decided) ? values.random() : undefined;
  const pair = { accessToken, refreshToken };
  const minted = { ...pair, grant, generation: 0, refreshScope: authorization.scope, confirmation };
  const stored = newTokens(settings, client, authorization, minted, now);
  // Before the commit: a code is not used up for an answer that cannot be made.
  const signing = mint.idToken(client, { authorization, grant, accessToken });
  const idToken = signing && (await signing);
  await save(issuing, stored, authorization.redeems);
  const { issuedTokenType } = authorization;
  return granted(pair, { ...stored.accessToken, idToken, issuedTokenType }, now);
}

async function save({ tokens, clock }: Issuing, stored: NewTokens, redeems: RedeemedCode | undefined): Promise<void> {
  if (!redeems) return tokens.saveTokens(stored);
  if (await tokens.redeemCode(redeems.kind, redeems.hash, stored)) return;
  // Somebody else redeemed it in between: one of the two stole it, so neither keeps its tokens (RFC 6749 §4.1.2). Not so
  // with a device code, which never leaves the device: there it is a request that was sent twice.
  if (redeems.kind === 'authorization_code') {
    await tokens.revokeBy({ kind: 'grant', grantId: redeems.grantId }, clock.now());
  }
  throw new InvalidGrant('The code is invalid.');
}
