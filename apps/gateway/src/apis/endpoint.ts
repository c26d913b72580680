import { createHmac } from 'node:crypto';
import type { Api, Balancing, Endpoint, Protection } from '@keygate/proto/keymanager/v1/catalog';
import { BalancingMethod } from '@keygate/proto/keymanager/v1/catalog';
import type { CompiledEndpoint, Upstream } from './compiled-catalog.js';
import type { CompiledBalancing, CompiledProtection } from './compiled-endpoint.js';
import { compileEndpointSecurity } from './endpoint-security.js';
import { parseUpstream } from './upstream-url.js';

/** Parses the addresses of an endpoint; those that cannot be served are left out and named in `problems`. */
export function compileEndpoint(
  endpoint: Endpoint | undefined,
  problems: string[],
  api: Pick<Api, 'effectiveContext' | 'defaultContext'> = noContext,
): CompiledEndpoint | undefined {
  if (endpoint === undefined) return undefined;
  const served: { readonly upstream: Upstream; readonly weight: number; readonly url: string }[] = [];
  endpoint.urls.forEach((url, index) => {
    const parsed = parseUpstream(url);
    if (typeof parsed === 'string') problems.push(`endpoint ${problems.length + 1}: ${parsed}`);
    else served.push({ upstream: parsed, weight: endpoint.balancing?.weights[index] ?? 1, url });
  });
  const security = compileEndpointSecurity(endpoint.security);
  if (typeof security === 'string') problems.push(`endpoint security: ${security}`);
  return {
    // A backend that expects credentials is never called without them.
    upstreams: typeof security === 'string' ? [] : served.map(({ upstream }) => upstream),
    timeoutMillis: endpoint.timeoutMillis || undefined,
    balancing:
      endpoint.balancing && compileBalancing(endpoint.balancing, served, api.defaultContext || api.effectiveContext),
    protection: endpoint.protection && compileProtection(endpoint.protection),
    security: typeof security === 'string' ? undefined : security,
    trustedCertificates: endpoint.trustedCertificates?.length ? endpoint.trustedCertificates : undefined,
  };
}

const noContext = { effectiveContext: '/', defaultContext: undefined };

const methods: Readonly<Partial<Record<BalancingMethod, CompiledBalancing['method']>>> = {
  [BalancingMethod.BALANCING_METHOD_LEAST_CONNECTIONS]: 'leastConnections',
  [BalancingMethod.BALANCING_METHOD_WEIGHTED]: 'weighted',
  [BalancingMethod.BALANCING_METHOD_FAILOVER]: 'failover',
};

function compileBalancing(
  { method, stickyMillis, stickyKey }: Balancing,
  served: readonly { readonly weight: number; readonly url: string }[],
  path: string,
): CompiledBalancing {
  const isSticky = stickyMillis > 0 && stickyKey.length > 0 && served.length > 1;
  return {
    method: methods[method] ?? 'roundRobin',
    weights: served.map(({ weight }) => Math.max(1, weight)),
    sticky: isSticky
      ? {
          values: served.map(({ url }) => createHmac('sha256', stickyKey).update(url).digest('base64url').slice(0, 22)),
          attributes: `; Path=${path}; Max-Age=${Math.ceil(stickyMillis / 1_000)}; HttpOnly; SameSite=Lax`,
        }
      : undefined,
  };
}

function compileProtection(given: Protection): CompiledProtection {
  return {
    connectTimeoutMillis: given.connectTimeoutMillis || undefined,
    idleTimeoutMillis: given.idleTimeoutMillis || undefined,
    totalTimeoutMillis: given.totalTimeoutMillis || undefined,
    retries: given.retries || undefined,
    failuresToOpen: given.failuresToOpen || undefined,
    openMillis: given.openMillis || undefined,
    openFactor: given.openFactor || undefined,
    maxOpenMillis: given.maxOpenMillis || undefined,
    openOn: given.openOn.length > 0 ? new Set(given.openOn.map(String)) : undefined,
    maxConcurrent: given.maxConcurrent || undefined,
    maxWaiting: given.maxWaiting || undefined,
    health: /^\/[\x21-\x7e]*$/.test(given.healthPath)
      ? { path: given.healthPath, intervalMillis: given.healthIntervalMillis || undefined }
      : undefined,
  };
}
