import { type Balancing, BalancingMethod, type Endpoint } from '@keygate/proto/keymanager/v1/catalog';
import type { EndpointConfig, EndpointEntry } from './api.js';
import { catalogEndpointSecurity } from './catalog-endpoint-security.js';
import { advancedOf, catalogProtection, memberOf, whole } from './catalog-protection.js';
import type { GatewaySecrets } from './gateway-secrets.js';

export type EndpointKind = 'production' | 'sandbox';

/** Types whose calls go to no address of the configuration. */
const elsewhere: ReadonlySet<string> = new Set(['awslambda', 'sequence_backend']);

/** WSO2 `endpointConfig`, the part for one kind of key; undefined when there is no endpoint for it. */
export function catalogEndpoint(
  config: EndpointConfig | null | undefined,
  kind: EndpointKind,
  apiId: string,
  secrets: GatewaySecrets,
): Endpoint | undefined {
  const type = config?.endpoint_type?.toLowerCase() ?? 'http';
  const entries = config && !elsewhere.has(type) ? entriesOf(config, kind, type) : [];
  if (!config || entries.length === 0) return undefined;
  const security = catalogEndpointSecurity(config, kind, apiId, secrets);
  // A policy says where each call goes (WSO2: default). What cannot be authenticated is not called at all.
  const isCallable = type !== 'default' && security !== 'unreadable';
  return {
    urls: isCallable ? entries.map(({ url = '' }) => url) : [],
    timeoutMillis: timeoutMillis(entries[0]),
    trustedCertificates: [],
    balancing: balancing(config, type, entries, () => secrets.stickyKey(apiId)),
    protection: catalogProtection(entries[0]),
    security: security === 'unreadable' ? undefined : security,
  };
}

/** WSO2 lists the addresses that a failover endpoint falls back on under a name of their own. */
function entriesOf(config: EndpointConfig, kind: EndpointKind, type: string): EndpointEntry[] {
  const own = listOf(config[`${kind}_endpoints`]);
  const others = type === 'failover' ? listOf(config[`${kind}_failovers`]) : [];
  return [...own, ...others].filter(({ url }) => Boolean(url));
}

function listOf(declared: unknown): EndpointEntry[] {
  return [declared].flat().filter((entry): entry is EndpointEntry => typeof entry === 'object' && entry !== null);
}

/** WSO2: `config.actionDuration`, milliseconds as a string; 0 leaves it to the gateway's setting. */
function timeoutMillis(entry: EndpointEntry | undefined): number {
  return whole(memberOf(entry?.config, 'actionDuration')) || whole(advancedOf(entry).timeoutInMillis);
}

function balancing(
  config: EndpointConfig,
  type: string,
  entries: readonly EndpointEntry[],
  stickyKey: () => Buffer,
): Balancing | undefined {
  if (type === 'failover') {
    const method = BalancingMethod.BALANCING_METHOD_FAILOVER;
    return { method, weights: [], stickyMillis: 0, stickyKey: Buffer.alloc(0) };
  }
  if (type !== 'load_balance') return undefined;
  const stickyMillis = stickyFor(config);
  return {
    method: methodOf(String(config.algoClassName ?? config.algoCombo ?? '')),
    weights: entries.map(({ weight, config: own }) => whole(weight) || whole(memberOf(own, 'weight')) || 1),
    stickyMillis,
    stickyKey: stickyMillis > 0 ? stickyKey() : Buffer.alloc(0),
  };
}

/** WSO2 names a class of Synapse, such as org.apache.synapse.endpoints.algorithms.RoundRobin. */
function methodOf(algorithm: string): BalancingMethod {
  if (/least|rrlc/i.test(algorithm)) return BalancingMethod.BALANCING_METHOD_LEAST_CONNECTIONS;
  if (/weighted/i.test(algorithm)) return BalancingMethod.BALANCING_METHOD_WEIGHTED;
  return BalancingMethod.BALANCING_METHOD_ROUND_ROBIN;
}

/** WSO2: any session management but none holds a client to its address; here by a cookie whichever it is. */
function stickyFor({ sessionManagement, sessionTimeOut }: EndpointConfig): number {
  const kind = typeof sessionManagement === 'string' ? sessionManagement.toLowerCase() : '';
  if (kind === '' || kind === 'none') return 0;
  return whole(sessionTimeOut) || defaultSessionMillis;
}

const defaultSessionMillis = 300_000;
