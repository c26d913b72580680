import { InvalidGrant } from './errors.js';
import { type Decided, granted, type Issuing, mintJwt } from './issued-tokens.js';
import type { PresentedRefreshToken, Rotation, TokenGranted } from './model.js';
import { newTokens } from './new-tokens.js';
import { repeatableRotation } from './refresh-rotation.js';
import { sha256 } from './token-hash.js';

/** The next pair of a family (RFC 6749 §6), or the same one once more inside the grace window. */
export async function rotate(
  issuing: Issuing,
  decided: Decided,
  presented: PresentedRefreshToken,
): Promise<TokenGranted> {
  const { tokens, values, settings, clock, mint } = issuing;
  const { client, authorization, confirmation, now } = decided;
  const { value, record } = presented;
  if (record.rotation) return repeat(issuing, decided, presented, record.rotation);
  const { grant } = record;
  const salt = values.salt();
  const derived = values.successorOf(value, salt);
  const pair = mint.mintsJwts(client) ? { ...derived, accessToken: await mintJwt(issuing, decided, grant) } : derived;
  // Rotation never narrows what the family may ask for (RFC 6749 §6), whatever this request asked for.
  const family = { grant, generation: record.generation + 1, refreshScope: record.scope };
  const successor = newTokens(settings, client, authorization, { ...pair, ...family, confirmation }, now);
  const idToken = await mint.idToken(client, { authorization, grant, accessToken: pair.accessToken });
  if (await tokens.rotateRefreshToken(record.hash, salt, successor)) {
    return granted(pair, { ...successor.accessToken, idToken }, now);
  }
  // Read ACTIVE, yet another request was first: a race, not a reuse. It shares the winner's pair and ends no family.
  const rotated = await tokens.findRefreshToken(record.hash);
  const rotation = rotated && repeatableRotation(rotated, client, settings, clock.now());
  if (!rotation) throw invalid();
  return repeat(issuing, decided, presented, rotation);
}

/** The same successor once more: derived again, since it is stored nowhere. */
async function repeat(
  { tokens, values, mint }: Issuing,
  { client, authorization, now }: Decided,
  { value, record: { grant } }: PresentedRefreshToken,
  { salt, successorAccessToken: facts }: Rotation,
): Promise<TokenGranted> {
  const derived = values.successorOf(value, salt);
  const isJwt = mint.mintsJwts(client);
  // A signature cannot be derived again: a sibling of the same life, which dies with the successor.
  const accessToken = isJwt ? await mint.jwt(client, { ...facts, grant, issuedAt: now }) : derived.accessToken;
  const repeated = { ...authorization, scope: facts.scope };
  const idToken = await mint.idToken(client, { authorization: repeated, grant, accessToken });
  const sibling = { ...facts, hash: sha256(accessToken), issuedAt: now };
  if (isJwt && !(await tokens.addAccessToken(sha256(derived.refreshToken), sibling))) throw invalid();
  return granted({ ...derived, accessToken }, { ...facts, idToken }, now);
}

const invalid = () => new InvalidGrant('The refresh token is invalid.');
