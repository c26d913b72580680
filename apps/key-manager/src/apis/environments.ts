/** A group of gateways that run the same deployments (WSO2). Ports are those in force, the offset included. */
export interface GatewayEnvironment {
  readonly name: string;
  readonly displayName: string;
  readonly type: 'hybrid' | 'production' | 'sandbox';
  readonly vhosts: readonly Vhost[];
}

export interface Vhost {
  readonly host: string;
  readonly httpContext: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly wsPort: number;
  readonly wssPort: number;
}

export const defaultEnvironmentName = 'Default';

/** The one environment a server starts with. */
export function defaultEnvironment(vhost: Partial<Vhost> = {}): GatewayEnvironment {
  return {
    name: defaultEnvironmentName,
    displayName: defaultEnvironmentName,
    type: 'hybrid',
    vhosts: [
      { host: 'localhost', httpContext: '', httpPort: 8280, httpsPort: 8243, wsPort: 9099, wssPort: 8099, ...vhost },
    ],
  };
}
