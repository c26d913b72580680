import type {
  CompiledBalancing,
  CompiledEndpointSecurity,
  CompiledProtection,
  UpstreamTemplate,
} from './compiled-endpoint.js';
import type { CompiledApiLimits, CompiledDenials, CompiledLimits } from './compiled-limits.js';
import type { CompiledMediation } from './compiled-mediation.js';
import type { ClientCertificate, CompiledSecurity } from './compiled-security.js';
import type { ContextTrie } from './context-trie.js';
import type { ForeignIssuers } from './foreign-key-managers.js';
import type { ResourceTrie } from './resource-trie.js';
import type { VerificationKey } from './verification-key.js';

/** Which of an application's two key pairs a token came from; decides the endpoint. WSO2: key type. */
export type KeyType = 'PRODUCTION' | 'SANDBOX';

/** WSO2: x-auth-type, as stored. */
export type AuthType = 'None' | 'Application' | 'Application_User' | 'Any';

/** WSO2 life-cycle states of APIs that reach a gateway; anything else is not served. */
export type Lifecycle = 'CREATED' | 'PROTOTYPED' | 'PUBLISHED' | 'DEPRECATED' | 'BLOCKED' | 'UNKNOWN';

/** One backend address, parsed once when the catalogue is compiled and never on a request. */
export interface Upstream {
  /** What is spoken there; absent: HTTP/1.1. */
  readonly protocol?: 'ws' | 'grpc' | undefined;
  /** `https://host:port`, the key of its connection pool. */
  readonly origin: string;
  /** Prefix of every forwarded path, without a trailing slash; empty for none. */
  readonly basePath: string;
  /** A fixed query that goes in front of the client's, without `?`; empty for none. */
  readonly query: string;
  /** Base path and query hold variables of the resource; undefined for nearly all addresses. */
  readonly template?: UpstreamTemplate | undefined;
}

/** A production or sandbox endpoint. */
export interface CompiledEndpoint {
  readonly upstreams: readonly Upstream[];
  /** How long the backend may take to start its answer, milliseconds; undefined means the gateway's setting. */
  readonly timeoutMillis: number | undefined;
  readonly balancing?: CompiledBalancing | undefined;
  /** Undefined: all as the gateway's settings say. */
  readonly protection?: CompiledProtection | undefined;
  /** What the gateway proves itself with to the backend; undefined: nothing. */
  readonly security?: CompiledEndpointSecurity | undefined;
  /** PEM, beside what the gateway believes of all backends. */
  readonly trustedCertificates?: readonly string[] | undefined;
}

/** CORS answers of one API; management-api.md has `*` and the resource's own verbs as the unconfigured behaviour. */
export interface CompiledCors {
  readonly allowOrigins: ReadonlySet<string>;
  readonly allowsAnyOrigin: boolean;
  readonly allowCredentials: boolean;
  /** Value of Access-Control-Allow-Headers; empty means: leave it out. */
  readonly allowHeaders: string;
  /** Value of Access-Control-Allow-Methods; empty means the verbs of the resource asked for. */
  readonly allowMethods: string;
}

/**
 * What the throttling has found out about the thing it is on, kept here so that a call looks nothing up. The mutable cells
 * of a snapshot: losing them loses nothing.
 */
export type FoundMeters = object;

/** One verb on one target: what a call to it needs. */
export interface CompiledResource {
  readonly verb: string;
  readonly target: string;
  readonly authType: AuthType;
  /** Any one of these is enough; empty means none is needed. */
  readonly scopes: readonly string[];
  readonly throttlingTier: string;
  meters?: FoundMeters | undefined;
  /** What is done to its requests and answers; undefined: they pass as they are. */
  readonly mediation?: CompiledMediation | undefined;
}

/** An API as deployed, in the form a request needs it. Shared between snapshots while the API stays the same. */
export interface CompiledApi {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly tenantDomain: string;
  /** With the version: `/pizzashack/1.0.0`. */
  readonly context: string;
  /** Without it, `/pizzashack`; undefined unless this is the default version. */
  readonly defaultContext: string | undefined;
  readonly lifecycle: Lifecycle;
  /** Its resources are topics: a handshake is a GET of what is declared as SUBSCRIBE, the caller's messages are PUBLISH. */
  readonly isWebSocket: boolean;
  /** Its answers are events, and its plans count them. */
  readonly isEventStream: boolean;
  readonly offersHttp: boolean;
  readonly offersHttps: boolean;
  /** Lower-case name of the header that carries the access token. */
  readonly authorizationHeader: string;
  readonly security: CompiledSecurity;
  readonly subscriptionRequired: boolean;
  readonly production: CompiledEndpoint | undefined;
  readonly sandbox: CompiledEndpoint | undefined;
  /** Undefined: the backend answers CORS itself. */
  readonly cors: CompiledCors | undefined;
  readonly resources: ResourceTrie;
  readonly limits: CompiledApiLimits;
  meters?: FoundMeters | undefined;
  /** Of the API as a whole, for what ends before its resource is known. */
  readonly mediation?: CompiledMediation | undefined;
  /** What was left out because it makes no sense, in words. */
  readonly problems: readonly string[];
}

export interface CompiledSubscription {
  readonly id: string;
  readonly apiId: string;
  readonly throttlingTier: string;
  meters?: FoundMeters | undefined;
  /** UNBLOCKED, BLOCKED, PROD_ONLY_BLOCKED, ON_HOLD, REJECTED, TIER_UPDATE_PENDING. */
  readonly status: string;
}

export interface CompiledApplication {
  readonly id: string;
  readonly name: string;
  readonly owner: string;
  readonly tenantDomain: string;
  readonly throttlingTier: string;
  meters?: FoundMeters | undefined;
  /** APPROVED, CREATED, REJECTED, INACTIVE. */
  readonly status: string;
  /** Custom ones, for backends. */
  readonly attributes?: Readonly<Record<string, string>> | undefined;
  /** By API id. */
  readonly subscriptions: ReadonlyMap<string, CompiledSubscription>;
}

/** What a consumer key stands for. */
export interface CompiledConsumer {
  readonly keyType: KeyType;
  readonly application: CompiledApplication;
}

/**
 * Everything needed to decide about a call once its token is known. Immutable: a change makes a new one, which
 * shares all parts that did not change, and requests already running keep the one they started with.
 */
export interface CompiledCatalog {
  readonly revision: number;
  readonly apis: ContextTrie;
  /** By consumer key. */
  readonly consumers: ReadonlyMap<string, CompiledConsumer>;
  /** By `foreignConsumer`: apart, so that no foreign consumer key can pass for one of ours. */
  readonly foreignConsumers: ReadonlyMap<string, CompiledConsumer>;
  /** By id. */
  readonly applications: ReadonlyMap<string, CompiledApplication>;
  /** Key managers of others, by tenant. */
  readonly keyManagers: ReadonlyMap<string, ForeignIssuers>;
  /** Uploaded to any API; what certificate chains may lead through. */
  readonly intermediates: readonly ClientCertificate[];
  /** What JWTs are verified with, by `kid`. */
  readonly signingKeys: ReadonlyMap<string, VerificationKey>;
  /** Endpoints that ask for health checks. */
  readonly healthChecked: readonly CompiledEndpoint[];
  readonly limits: CompiledLimits;
  /** Undefined while no deny policy is on. */
  readonly denials: CompiledDenials | undefined;
  /** Everything that could not be compiled, in words, for the log. */
  readonly problems: readonly string[];
}
