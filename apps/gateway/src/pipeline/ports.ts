import type { CompiledCatalog, CompiledEndpoint, KeyType } from '../apis/compiled-catalog.js';
import type { HeaderEdit } from '../apis/compiled-mediation.js';
import type { ForeignIssuers } from '../apis/foreign-key-managers.js';
import type { Answers } from './answers.js';
import type { DpopChecks } from './dpop.js';
import type { Exchange } from './exchange.js';
import type { BodyLimits } from './mediation/read-body.js';
import type { ResponseCache } from './mediation/response-cache.js';

/**
 * What proved who calls. WSO2: APPLICATION for a token issued to the application itself, APPLICATION_USER for one issued
 * for a user; USER is a name and password, INTERNAL the key of a publisher for one API, CERTIFICATE mutual TLS alone.
 */
export type TokenKind = 'APPLICATION' | 'APPLICATION_USER' | 'API_KEY' | 'USER' | 'INTERNAL' | 'CERTIFICATE';

/** What an access token, or what was shown in its place, stands for. */
export interface TokenFacts {
  /** Empty where no client is behind it. */
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
  /** Resource servers it is for; absent: the client itself. */
  readonly audience?: readonly string[] | undefined;
  /** Absent for an API key that may come from anywhere. */
  readonly restrictions?: KeyRestrictions | undefined;
  /** Absent for what our own key manager issued. */
  readonly foreign?: ForeignFacts | undefined;
  /** Of a user's own token, for the backend; only where backends are told. */
  readonly userClaims?: Readonly<Record<string, unknown>> | undefined;
}

/** Where an API key may come from. */
export interface KeyRestrictions {
  allows(clientAddress: string, referer: string | undefined): boolean;
}

/** Of a token that another key manager issued. */
export interface ForeignFacts {
  readonly keyManager: string;
  /** What its consumer is found by in the catalogue. */
  readonly consumer: string;
  /** Under their local names, for the backend. */
  readonly claims: Readonly<Record<string, unknown>>;
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
  lookup(accessToken: string, clientAddress?: string): TokenVerdict | Promise<TokenVerdict>;
}

/** `exchange`: the token has to be exchanged for one of ours first. */
export type ForeignVerdict = TokenVerdict | { readonly state: 'exchange' };

/** Judges tokens of other key managers. Undefined: it is none of theirs. */
export interface ForeignTokenSource {
  lookup(accessToken: string, issuers: ForeignIssuers): ForeignVerdict | Promise<ForeignVerdict> | undefined;
}

/** `slowed`: there have been too many wrong passwords, and this one was not looked at. */
export type UserVerdict = TokenVerdict | { readonly state: 'slowed'; readonly retryAfterSeconds: number };

/** Checks names and passwords. Answers at once when it knows. */
export interface UserSource {
  authenticate(login: Login, clientAddress: string): UserVerdict | Promise<UserVerdict>;
}

export interface Login {
  /** As sent: `[DOMAIN/]name[@tenant]`. */
  readonly userName: string;
  readonly password: string;
}

/** `facts.clientId` is empty: who made the key is in `user`. */
export type InternalKeyVerdict =
  | { readonly state: 'active'; readonly facts: TokenFacts; readonly apiId: string }
  | { readonly state: 'invalid' };

/** Judges the keys that publishers try their own APIs with. Never waits. */
export interface InternalKeySource {
  judge(key: string): InternalKeyVerdict;
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
  /** The only kind of keys that is taken here; absent: both (WSO2: type of the gateway environment). */
  readonly onlyKeyType?: KeyType | undefined;
  /** Certificates need not be uploaded when one that was vouches for them. */
  readonly allowCertificateChains?: boolean | undefined;
  /** Who may say which certificate a client showed and from where it came; absent: nobody. */
  readonly isTrustedProxy?: ((address: string) => boolean) | undefined;
}

/** Holds calls against the limits they are subject to. */
export interface Throttling {
  /** Throws the fault of the limit that is used up. Answers a promise only where the count is kept elsewhere. */
  admit(exchange: Exchange, answers: Pick<Answers, 'fail'>): void | Promise<void>;
}

/** A limit on calls as clients are told of it. */
export interface RateLimit {
  /** Digits, as a header has them. */
  readonly limit: string;
  /** At this moment. */
  readonly remaining: number;
  /** When all of it is there again, milliseconds since the epoch. */
  readonly endsAt: number;
}

/** Counts what is said on a connection that is open: WebSocket messages and server-sent events. */
export interface EventQuota {
  /** False when it is one too many for the caller's plan, the API or its topic. Must not throw. */
  countEvent(exchange: Exchange, bytes: number): boolean;
}

/** Tells backends who calls, in a header of the gateway's own that it has signed. */
export interface Assertions {
  /** What becomes of the header: a value, or taken out of what the client sent. At once, from memory nearly always. */
  headerFor(exchange: Exchange): HeaderEdit;
}

/** Ends tokens that are good for one call. */
export interface OneTimeTokens {
  /** False when this gateway has taken the token for a call before. */
  firstUse(accessToken: string): boolean;
  /** The call is over: the key manager is told. Never throws. */
  used(accessToken: string): void;
}

export interface Ports {
  readonly catalog: CatalogSource;
  readonly tokens: TokenFactsSource;
  readonly forwarder: Forwarder;
  readonly observer: RequestObserver;
  readonly settings: PipelineSettings;
  /** Absent: calls are not limited. */
  readonly throttling?: Throttling | undefined;
  /** Absent: events are not limited. */
  readonly events?: EventQuota | undefined;
  /** Absent: a token that is bound to a key opens nothing. */
  readonly dpop?: DpopChecks | undefined;
  /** Absent: nobody else's tokens are known. */
  readonly foreignTokens?: ForeignTokenSource | undefined;
  /** Absent: no password can be checked. */
  readonly users?: UserSource | undefined;
  /** Absent: no internal key opens anything. */
  readonly internalKeys?: InternalKeySource | undefined;
  /** Absent: nothing that needs a whole body is done, and what needs one is refused. */
  readonly mediation?: BodyLimits | undefined;
  /** Absent: no answer is given again. */
  readonly responses?: ResponseCache | undefined;
  /** Absent: backends are not told who calls. */
  readonly assertions?: Assertions | undefined;
  /** Absent: APIs with such tokens are not served. */
  readonly oneTimeTokens?: OneTimeTokens | undefined;
}
