import {
  isSignedBy,
  type KeySet,
  type KeySets,
  keySetOfCertificates,
  readJwt,
  type SignedJwt,
} from '@keygate/common/jose';
import type { OAuthError } from '../errors.js';
import type { Clock } from '../ports.js';
import type { TrustedIssuer, TrustedIssuers } from './trusted-issuer.js';

/** How strictly assertions of others are judged. */
export interface AssertionSettings {
  readonly algorithms: readonly string[];
  /** How far the clocks of issuers may be off. */
  readonly clockSkewSeconds: number;
  /** An assertion that lives longer from now on is refused. */
  readonly maxLifetimeSeconds: number;
  /** An assertion's id is taken once. */
  readonly singleUse: boolean;
}

export interface JwtVerificationPorts {
  readonly identityProviders: TrustedIssuers;
  readonly keySets: KeySets;
  readonly clock: Clock;
  /** This server's own name, which every assertion may be for. */
  readonly issuer: string;
  readonly settings: { readonly assertions: AssertionSettings };
}

/** What a trusted issuer says of a user. */
export interface VerifiedJwt {
  readonly issuer: TrustedIssuer;
  readonly subject: string;
  readonly id?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Makes the error that fits the endpoint, with a text that is public. */
export type Refuse = (description: string) => OAuthError;

/** Types of JWTs that an issuer makes for another purpose, and that speak of a user all the same (RFC 8725 §3.11). */
const otherPurposes = new Set([
  'logout+jwt',
  'dpop+jwt',
  'secevent+jwt',
  'oauth-authz-req+jwt',
  'token-introspection+jwt',
]);

/**
 * RFC 7523 §3 without what is only for one grant: a signature by a trusted issuer of the tenant, for this server, in
 * time, about somebody. Throws what `refuse` makes, or `TemporarilyUnavailable` when the issuer's keys can't be had.
 */
export function createJwtVerification(
  ports: JwtVerificationPorts,
  refuse: Refuse,
): (text: string, tenantDomain: string) => Promise<VerifiedJwt> {
  return async (text, tenantDomain) => {
    const jwt = readJwt(text);
    if (!jwt) throw refuse('The assertion is not a signed JWT.');
    const { iss } = jwt.claims;
    const issuer = typeof iss === 'string' ? await ports.identityProviders.findByIssuer(tenantDomain, iss) : undefined;
    if (!issuer) throw refuse('No Registered IDP found for the issuer of the JWT.');
    if (!(await isSigned(jwt, issuer, ports))) throw refuse('Signature or Message Authentication invalid');
    return { issuer, ...judgedClaims(jwt, issuer, ports, refuse) };
  };
}

async function isSigned(jwt: SignedJwt, issuer: TrustedIssuer, ports: JwtVerificationPorts): Promise<boolean> {
  const { algorithms } = ports.settings.assertions;
  const by = (keys: KeySet) => isSignedBy(jwt, keys, algorithms);
  if (issuer.jwksUri === undefined) {
    return issuer.certificates !== undefined && by(keySetOfCertificates(issuer.certificates, ports.clock.now()));
  }
  const keys = await ports.keySets.keySetAt(issuer.jwksUri);
  if (by(keys)) return true;
  const newer = await ports.keySets.newerThan(keys, issuer.jwksUri);
  return newer !== undefined && by(newer);
}

function judgedClaims(
  { claims, type }: SignedJwt,
  issuer: TrustedIssuer,
  { clock, issuer: ownName, settings }: JwtVerificationPorts,
  refuse: Refuse,
): Omit<VerifiedJwt, 'issuer'> {
  if (otherPurposes.has(type?.toLowerCase() ?? '') || 'events' in claims) {
    throw refuse('The JWT was made for another purpose.');
  }
  const { clockSkewSeconds, maxLifetimeSeconds } = settings.assertions;
  const now = clock.now() / 1_000;
  const { exp, nbf, iat, aud, sub, jti } = claims;
  if (!isTime(exp)) throw refuse('The JWT says not when it expires.');
  if (exp + clockSkewSeconds <= now) throw refuse('JSON Web Token is expired');
  if (exp > now + maxLifetimeSeconds + clockSkewSeconds) throw refuse('The JWT lives too long.');
  for (const start of [nbf, iat]) {
    if (start === undefined) continue;
    if (!isTime(start) || start > now + clockSkewSeconds) throw refuse('The JWT is not valid yet.');
  }
  // RFC 7523 §3: without this check, whoever else is given an assertion could use it here.
  const accepted = [ownName, ...issuer.audiences];
  if (!textsOf(aud).some((name) => accepted.includes(name))) throw refuse('The JWT is for another audience.');
  if (!isSubject(sub)) throw refuse('The JWT names no subject.');
  if (jti !== undefined && (typeof jti !== 'string' || jti.length > 512))
    throw refuse('The id of the JWT is malformed.');
  return { claims, subject: sub, id: jti, expiresAt: exp * 1_000 };
}

/** What a text or a list of texts says; anything else says nothing. */
export function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}

/** Up to 255 characters that can be stored, shown and logged. */
export function isSubject(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 255 && value.trim() !== '' && !/[\p{Cc}\p{Cs}]/u.test(value);
}

const isTime = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 && value < 1e11;
