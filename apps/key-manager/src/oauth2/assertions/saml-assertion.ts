/** What a signed SAML 2.0 assertion says (SAML Core §2.3), read from the very bytes that were signed. */
export interface SamlAssertion {
  readonly id: string;
  readonly issuer: string;
  readonly nameId?: string | undefined;
  readonly conditions?: SamlPeriod | undefined;
  /** One list per AudienceRestriction: each has to be satisfied by one of its names. */
  readonly audiences: readonly (readonly string[])[];
  /** A condition that is not known here. */
  readonly hasOtherConditions: boolean;
  readonly isForOneUse: boolean;
  readonly confirmations: readonly SamlConfirmation[];
  /** When the sessions end that its AuthnStatements speak of. */
  readonly sessionEnds: readonly string[];
  readonly attributes: Readonly<Record<string, readonly string[]>>;
}

/** Times as written. */
export interface SamlPeriod {
  readonly notBefore?: string | undefined;
  readonly notOnOrAfter?: string | undefined;
}

export interface SamlConfirmation {
  readonly method: string;
  /** Absent: the confirmation has no SubjectConfirmationData. */
  readonly data?: (SamlPeriod & { readonly recipient?: string | undefined }) | undefined;
}

export const SamlAssertions = Symbol('SamlAssertions');
/** XML and its signatures, which the core does not read itself. */
export interface SamlAssertions {
  /** Whom the text names as its issuer, unverified; undefined when it is no assertion that could be verified. */
  issuerOf(xml: string): string | undefined;
  /** What one of the certificates (PEM, those valid at `now`) signed; undefined when none did. */
  verify(xml: string, certificates: string, now: number): SamlAssertion | undefined;
}
