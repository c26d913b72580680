/** The gateway's settings for backends; `config.gateway.proxy` has this shape. Milliseconds. */
export interface ProxySettings {
  readonly connectTimeoutMillis: number;
  readonly headersTimeoutMillis: number;
  readonly bodyTimeoutMillis: number;
  readonly connectionsPerEndpoint: number;
  /** PEM of the CAs that sign backend certificates, instead of the ones Node knows. */
  readonly ca?: string | undefined;
  /** From the first attempt to the end of the answer; 0 or absent: no limit. */
  readonly totalTimeoutMillis?: number;
  readonly retries?: number;
  readonly failuresToOpen?: number;
  readonly openMillis?: number;
  readonly maxOpenMillis?: number;
  readonly healthIntervalMillis?: number;
  readonly allowPrivateNetworks?: boolean;
  readonly allowLinkLocal?: boolean;
}

export const usualProtection = {
  totalTimeoutMillis: 0,
  retries: 1,
  failuresToOpen: 5,
  openMillis: 5_000,
  openFactor: 2,
  maxOpenMillis: 60_000,
  healthIntervalMillis: 10_000,
} as const;
