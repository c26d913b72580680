import type { CompiledCatalog, CompiledEndpoint, KeyType } from '../apis/compiled-catalog.js';
import type { Answers } from './answers.js';
import type { DpopChecks } from './dpop.js';
import type { Exchange } from './exchange.js';

/** WSO2: APPLICATION for a token issued to the application itself, APPLICATION_USER for one issued for a user. */
export type TokenKind = 'APPLICATION' | 'APPLICATION_USER';

/** What an access token stands for. */
export interface TokenFacts {
  readonly clientId: string;
  /** Empty for a client that belongs to no application. */
  readonly applicationId: string;
  readonly keyType: KeyType;
  readonly kind: TokenKind;
  /** Full user name; empty for application tokens. */
  readonly user: string;
  readonly tenantDomain: string;
  readonly scopes: readonly string[];
  /** Absent for a token of whoever bears it, as nearly all are. */
  readonly confirmation?: Confirmation | undefined;
}

/** What a token is of use with only: a DPoP key (RFC 9449 section 6) or a certificate (RFC 8705 section 3). */
export interface Confirmation {
  readonly method: 'jkt' | 'x5t#S256';
  /** SHA-256, base64url. */
  readonly thumbprint: string;
}

/**
 * The key manager's decision about a token, true at the moment it is returned: an `active` one has not expired.
 * `undecidable` means nobody could be asked; it becomes 503, never 401.
 */
export type TokenVerdict =
  | { readonly state: 'active'; readonly facts: TokenFacts }
  | { readonly state: 'invalid' }
  | { readonly state: 'expired' }
  | { readonly state: 'undecidable'; readonly retryAfterSeconds: number };

/**
 * Says what a token stands for. Answers at once, without a promise, when the facts are in memory; keep the whole
 * verdict in the cache so that a hit allocates nothing. The token may be a slice of a header: copy it before
 * keeping it as a key. A rejected promise counts as undecidable.
 */
export interface TokenFactsSource {
  lookup(accessToken: string): TokenVerdict | Promise<TokenVerdict>;
}

/** The newest compiled catalogue; undefined until the first one has been loaded, which answers 503. */
export interface CatalogSource {
  current(): CompiledCatalog | undefined;
}

/**
 * Sends an authorised request to a backend and its answer to the client. Throws a GatewayError when it cannot even
 * try; what fails later goes to `answers.fail`.
 */
export interface Forwarder {
  forward(exchange: Exchange, endpoint: CompiledEndpoint, answers: Answers): void;
}

/** Hears how every request ended. Called once per request, off the decision path; must not throw. */
export interface RequestObserver {
  /** The answer has been handed to the socket, or the client went away (`exchange.status` is then 499 if none was sent). */
  ended(exchange: Exchange): void;
  /** A fault worth a log line: a bug (500) or a backend that failed. `cause` never holds a credential. */
  failed(exchange: Exchange, cause: unknown): void;
}

export interface PipelineSettings {
  /** Longest request target, bytes; above it 414. */
  readonly maxUrlBytes: number;
}

export interface Ports {
  readonly catalog: CatalogSource;
  readonly tokens: TokenFactsSource;
  readonly forwarder: Forwarder;
  readonly observer: RequestObserver;
  readonly settings: PipelineSettings;
  /** Absent: a token that is bound to a key opens nothing. */
  readonly dpop?: DpopChecks | undefined;
}
