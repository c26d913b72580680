import type { Clock } from '../ports.js';
import { type AssertionSettings, isSubject, type Refuse } from './jwt-verification.js';
import type { SamlAssertion, SamlAssertions, SamlConfirmation, SamlPeriod } from './saml-assertion.js';
import type { TrustedIssuer, TrustedIssuers } from './trusted-issuer.js';

export interface SamlVerificationPorts {
  readonly identityProviders: TrustedIssuers;
  readonly samlAssertions: SamlAssertions;
  readonly clock: Clock;
  /** This server's own name and the address of its token endpoint. */
  readonly issuer: string;
  readonly settings: { readonly assertions: AssertionSettings };
}

export interface VerifiedSaml {
  readonly issuer: TrustedIssuer;
  readonly subject: string;
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  /** Whatever the settings say. */
  readonly isForOneUse: boolean;
  readonly attributes: Readonly<Record<string, readonly string[]>>;
}

const bearer = 'urn:oasis:names:tc:SAML:2.0:cm:bearer';

/** RFC 7522 §3. The assertion comes in base64url (§2.1). Throws what `refuse` makes. */
export function createSamlVerification(
  ports: SamlVerificationPorts,
  refuse: Refuse,
): (encoded: string, tenantDomain: string) => Promise<VerifiedSaml> {
  return async (encoded, tenantDomain) => {
    const xml = decoded(encoded);
    const named = xml === undefined ? undefined : ports.samlAssertions.issuerOf(xml);
    if (xml === undefined || named === undefined) throw refuse('The assertion is not a signed SAML 2.0 assertion.');
    const issuer = await ports.identityProviders.findBySamlEntity(tenantDomain, named);
    if (!issuer?.saml) throw refuse('No Registered IDP found for the issuer of the assertion.');
    const assertion = ports.samlAssertions.verify(xml, issuer.saml.certificates, ports.clock.now());
    // Compared again: only what was signed counts, and the first reading was of the whole text.
    if (assertion?.issuer !== issuer.saml.entityId) throw refuse('Signature or Message Authentication invalid');
    return { issuer, ...judged(assertion, issuer, ports, refuse) };
  };
}

function judged(
  assertion: SamlAssertion,
  issuer: TrustedIssuer,
  { clock, issuer: ownName, settings }: SamlVerificationPorts,
  refuse: Refuse,
): Omit<VerifiedSaml, 'issuer'> {
  const { clockSkewSeconds, maxLifetimeSeconds } = settings.assertions;
  const skew = clockSkewSeconds * 1_000;
  const now = clock.now();
  const accepted = [ownName, ...issuer.audiences];
  const { audiences, conditions, nameId } = assertion;

  // SAML Core §2.5.1: whoever does not understand a condition cannot say that the assertion is valid.
  if (assertion.hasOtherConditions) throw refuse('The assertion has a condition that is not supported.');
  const isForUs = audiences.length > 0 && audiences.every((names) => names.some((name) => accepted.includes(name)));
  if (!isForUs) throw refuse('The assertion is for another audience.');
  if (conditions) refuseUntimely(conditions, now, skew, refuse);
  const confirmation = assertion.confirmations.find((one) => isConfirmed(one, accepted, now, skew));
  if (!confirmation) throw refuse('The subject of the assertion is not confirmed for this server.');
  if (assertion.sessionEnds.some((end) => !isLater(timeOf(end), now - skew))) throw refuse('The assertion is expired.');
  const ends = [conditions?.notOnOrAfter, confirmation.data?.notOnOrAfter].map(timeOf).filter(isDefined);
  const expiresAt = Math.min(...ends);
  if (ends.length === 0) throw refuse('The assertion says not when it expires.');
  if (expiresAt > now + maxLifetimeSeconds * 1_000 + skew) throw refuse('The assertion lives too long.');
  if (!isSubject(nameId)) throw refuse('The assertion names no subject.');
  const { id, isForOneUse, attributes } = assertion;
  return { subject: nameId, id, expiresAt, isForOneUse, attributes };
}

function refuseUntimely({ notBefore, notOnOrAfter }: SamlPeriod, now: number, skew: number, refuse: Refuse): void {
  if (notOnOrAfter !== undefined && !isLater(timeOf(notOnOrAfter), now - skew)) {
    throw refuse('The assertion is expired.');
  }
  if (notBefore !== undefined && !isUntil(timeOf(notBefore), now + skew)) {
    throw refuse('The assertion is not valid yet.');
  }
}

/** RFC 7522 §3, item 5: by the bearer, sent to this server and in time. InResponseTo names a request that nobody made. */
function isConfirmed({ method, data }: SamlConfirmation, accepted: readonly string[], now: number, skew: number) {
  if (method !== bearer || data?.recipient === undefined || !accepted.includes(data.recipient)) return false;
  const { notBefore, notOnOrAfter } = data;
  if (notOnOrAfter !== undefined && !isLater(timeOf(notOnOrAfter), now - skew)) return false;
  return notBefore === undefined || isUntil(timeOf(notBefore), now + skew);
}

// A time that can't be read is neither later nor earlier than anything: both comparisons fail.
const isLater = (time: number | undefined, than: number) => time !== undefined && time > than;
const isUntil = (time: number | undefined, until: number) => time !== undefined && time <= until;
const isDefined = (time: number | undefined): time is number => time !== undefined;

/** SAML Core §1.3.3: xs:dateTime, in UTC. */
function timeOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

/** Base64url as RFC 7522 §2.1 asks; many clients send plain base64 with its padding. */
function decoded(encoded: string): string | undefined {
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(encoded)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(encoded, 'base64'));
  } catch {
    return undefined;
  }
}
