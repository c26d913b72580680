import type { KeySets } from '@keygate/common/jose';
import type { z } from 'zod';
import type { SamlAssertions } from './assertions/saml-assertion.js';
import type { TrustedIssuers } from './assertions/trusted-issuer.js';
import type { Authorization, Client, Confirmation } from './model.js';
import type { AuditLog, ClientStore, Clock, CodeStore, ReplayGuard, ResourceOwners, TokenStore } from './ports.js';
import type { ScopePolicy } from './scope.js';
import type { OAuth2Settings } from './settings.js';

/** One value of `grant_type`. It only decides who gets what; minting and storing are the issuer's. */
export interface Grant<P = unknown> {
  readonly grantType: string;
  /** The request parameters it reads; others are dropped. */
  readonly parameters: z.ZodType<P>;
  /** Throws an `OAuthError` when nothing is to be issued. */
  authorize(parameters: P, client: Client, request: GrantRequest): Promise<Authorization>;
}

/** What a grant may know of the request beside its parameters. */
export interface GrantRequest {
  readonly clientAddress: string;
  /** What the client has just proved to hold: the tokens will be bound to it. */
  readonly confirmation?: Confirmation | undefined;
}

/** Everything a grant can be built from; each takes the ports it uses. */
export interface GrantPorts {
  readonly clients: ClientStore;
  readonly resourceOwners: ResourceOwners;
  readonly tokens: TokenStore;
  readonly codes: CodeStore;
  readonly replays: ReplayGuard;
  readonly identityProviders: TrustedIssuers;
  /** Whose tokens may be exchanged, where those are more than `identityProviders`. */
  readonly exchangedIssuers?: TrustedIssuers | undefined;
  readonly keySets: KeySets;
  readonly samlAssertions: SamlAssertions;
  /** This server's own name; an audience that assertions may name. */
  readonly issuer: string;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly scopes: ScopePolicy;
  readonly settings: OAuth2Settings;
}
