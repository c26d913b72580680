/** How one of several addresses is chosen. Absent: in turns. */
export interface CompiledBalancing {
  readonly method: 'roundRobin' | 'leastConnections' | 'weighted' | 'failover';
  /** One for each address, at least 1. */
  readonly weights: readonly number[];
  readonly sticky: StickyCookies | undefined;
}

/** Cookies that hold a client to its address. The values tell nobody an address and cannot be made up. */
export interface StickyCookies {
  /** Value for each address, in their order. */
  readonly values: readonly string[];
  /** What follows `name=value` in Set-Cookie, but for Secure. */
  readonly attributes: string;
}

/** Undefined in any field: as the gateway's settings say. Milliseconds. */
export interface CompiledProtection {
  readonly connectTimeoutMillis: number | undefined;
  readonly idleTimeoutMillis: number | undefined;
  readonly totalTimeoutMillis: number | undefined;
  readonly retries: number | undefined;
  readonly failuresToOpen: number | undefined;
  readonly openMillis: number | undefined;
  readonly openFactor: number | undefined;
  readonly maxOpenMillis: number | undefined;
  /** Codes of the faults that count as failures; undefined: all. */
  readonly openOn: ReadonlySet<string> | undefined;
  readonly maxConcurrent: number | undefined;
  readonly maxWaiting: number | undefined;
  readonly health: { readonly path: string; readonly intervalMillis: number | undefined } | undefined;
}

export type CompiledEndpointSecurity =
  | { readonly type: 'basic' | 'digest'; readonly username: string; readonly password: string }
  | {
      readonly type: 'oauth';
      readonly tokenUrl: string;
      readonly clientId: string;
      readonly clientSecret: string;
      readonly grantType: 'client_credentials' | 'password';
      readonly username: string;
      readonly password: string;
      /** Further form parameters, names and values in turn. */
      readonly parameters: readonly string[];
    };

/** The texts and variables of a path and a query, in turn: text, variable, text, ... */
export interface UpstreamTemplate {
  readonly path: readonly TemplatePart[];
  readonly query: readonly TemplatePart[];
}

export type TemplatePart = string | { readonly name: string; readonly keepsReserved: boolean };
