import type { KeySet, KeySets } from '@keygate/common/jose';
import { isSignedBy, parseKeySet, readJwt, type SignedJwt } from '@keygate/common/jose';
import type { Client } from './model.js';
import type { Clock, ReplayGuard } from './ports.js';

export const jwtBearerAssertion = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** What a client may sign with; published in the server's metadata. RFC 8414 §2. */
export const clientAssertionAlgorithms: readonly string[] = ['RS256', 'PS256', 'ES256', 'EdDSA'];

export interface ClientAssertionSettings {
  /** How far ahead `exp` may be at most. */
  readonly maxLifetimeSeconds: number;
  /** How far the client's clock may be off. */
  readonly clockSkewSeconds: number;
}

export interface ClientAssertionDeps {
  readonly replays: ReplayGuard;
  readonly keySets: KeySets;
  readonly clock: Clock;
  /** What `aud` may name: the issuer, and the URLs of our endpoints (RFC 7523 §3, RFC 9126 §2). */
  readonly audiences: ReadonlySet<string>;
  readonly settings: ClientAssertionSettings;
}

/** An assertion as sent, with whom it names. */
export interface SentAssertion {
  readonly clientId: string;
  readonly jwt: SignedJwt;
}

/** Why an assertion proves nothing, for the log; undefined when it is good. Uses up its `jti`. */
export type ClientAssertionVerifier = (assertion: SentAssertion, client: Client) => Promise<string | undefined>;

/** RFC 7523 §3: the client is whom `sub` names. Undefined for what is no such assertion; nothing is believed yet. */
export function readClientAssertion(
  type: string | undefined,
  assertion: string | undefined,
): SentAssertion | undefined {
  const jwt = type === jwtBearerAssertion && assertion !== undefined ? readJwt(assertion) : undefined;
  const clientId = jwt?.claims.sub;
  return jwt && typeof clientId === 'string' ? { clientId, jwt } : undefined;
}

/** `private_key_jwt`: RFC 7523 §2.2 and §3, RFC 7521 §5.2. */
export function createClientAssertionVerifier(deps: ClientAssertionDeps): ClientAssertionVerifier {
  const { replays, keySets, clock, audiences, settings } = deps;

  return async ({ clientId, jwt }, client) => {
    const { iss, aud, exp, jti } = jwt.claims;
    if (iss !== clientId || client.clientId !== clientId) return 'iss and sub differ';
    // One made for another server must not work here, nor one for us there (RFC 7523 §3, item 3).
    if (!namesOne(aud, audiences)) return 'aud is not this server';
    const wrongTime = timeFault(jwt.claims, clock.now() / 1_000, settings);
    if (wrongTime !== undefined) return wrongTime;
    if (typeof jti !== 'string' || jti === '' || jti.length > 512) return 'jti is missing';
    if (!(await isSignedByClient(jwt, client, keySets))) return 'no key of the client signed it';
    // Only after the signature, or a stranger could use up ids in a client's name and fill the table.
    const forgetAt = Math.ceil((Number(exp) + settings.clockSkewSeconds + 1) * 1_000);
    return (await replays.firstUse(`client-assertion:${clientId}`, jti, forgetAt)) ? undefined : 'jti was used before';
  };
}

function namesOne(aud: unknown, audiences: ReadonlySet<string>): boolean {
  const named = Array.isArray(aud) ? aud : [aud];
  return named.length <= 10 && named.some((one) => typeof one === 'string' && audiences.has(one));
}

/** RFC 7523 §3: `exp` is a must; one far ahead would have to be remembered for as long. */
function timeFault(
  { exp, nbf, iat }: SignedJwt['claims'],
  now: number,
  { maxLifetimeSeconds, clockSkewSeconds: skew }: ClientAssertionSettings,
): string | undefined {
  if (!isTime(exp)) return 'exp is missing';
  if (exp <= now - skew) return 'it has expired';
  if (exp > now + maxLifetimeSeconds + skew) return 'exp is too far ahead';
  if (nbf !== undefined && !(isTime(nbf) && nbf <= now + skew)) return 'nbf is ahead';
  if (iat !== undefined && !(isTime(iat) && iat <= now + skew)) return 'iat is ahead';
  return undefined;
}

const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0;

async function isSignedByClient(jwt: SignedJwt, { metadata }: Client, keySets: KeySets): Promise<boolean> {
  const signedBy = (keys: KeySet | undefined) => keys !== undefined && isSignedBy(jwt, keys, clientAssertionAlgorithms);
  if (metadata.jwks) return signedBy(parseKeySet(metadata.jwks));
  const { jwksUri } = metadata;
  if (jwksUri === undefined) return false;
  const known = await keySets.keySetAt(jwksUri);
  return signedBy(known) || signedBy(await keySets.newerThan(known, jwksUri));
}
