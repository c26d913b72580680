import { contributions } from './discovery-contributions.js';
import type { OAuth2Settings } from './settings.js';

/** RFC 8414 §2 and OpenID Connect Discovery §3. */
export type ServerMetadata = Readonly<Record<string, unknown>> & { readonly issuer: string };

export interface MetadataContext {
  readonly issuer: string;
  /** Base URL of the key managers as clients reach them. */
  readonly keyManager: string;
  /** Base URL of the gateway that shows the metadata; absent: a key manager does. */
  readonly gateway?: string | undefined;
  readonly settings: OAuth2Settings & {
    /** CAs whose certificates prove clients, if there are any. */
    readonly clientCertificateCaFile?: string | undefined;
    readonly registration?: { readonly access: 'off' | 'users' | 'open' } | undefined;
  };
  /** Whether the key managers ask clients for a certificate; gateways do unless told otherwise. */
  readonly asksForCertificates?: boolean | undefined;
  /** Base URL of the gateways, if it was configured. */
  readonly gatewayUrl?: string | undefined;
  /** Scopes and claims that `userinfo` knows. */
  readonly claimScopes: readonly string[];
  readonly claimNames: readonly string[];
}

/** What one capability adds to the metadata: nothing while it is turned off. */
export type Contribution = (context: MetadataContext) => Readonly<Record<string, unknown>>;

/** What is offered here and now, and nothing else: clients believe it. */
export function serverMetadata(context: MetadataContext): ServerMetadata {
  const merged: Record<string, unknown> = {};
  for (const contribution of contributions) {
    for (const [name, value] of Object.entries(contribution(context))) {
      const known = merged[name];
      // Two capabilities may both have methods or algorithms to offer.
      merged[name] = Array.isArray(known) && Array.isArray(value) ? [...new Set([...known, ...value])] : value;
    }
  }
  return { ...merged, issuer: context.issuer };
}
