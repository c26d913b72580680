import type { Logger } from '@keygate/common/logging';
import { loadCa } from '@keygate/common/tls';
import { addressSet } from './apis/address.js';
import type { GatewayConfig } from './config/gateway.config.js';
import { createCredentials, credentialSettings } from './credentials/create-credentials.js';
import { OwnUrls } from './http/own-urls.js';
import type { RequestCounters } from './http/request-counters.js';
import { createTrafficRecords, type TrafficRecords } from './http/traffic-records.js';
import { createGatewayIdentity, type GatewayIdentity } from './identity/gateway-identity.js';
import type { CatalogStream } from './key-manager/catalog-stream.js';
import { connectKeyManager } from './key-manager/connect.js';
import { followCatalog } from './key-manager/follow-catalog.js';
import type { KeyManagerClient } from './key-manager/key-manager.client.js';
import type { UsageReporter } from './key-manager/usage-reporter.js';
import { createMediation } from './mediation/mediation-parts.js';
import { createTokenHost, type TokenHost } from './oauth2-endpoints/token-host.js';
import type { Ports } from './pipeline/ports.js';
import { createRequestHandler, type RequestHandler } from './pipeline/request-handler.js';
import { createReview } from './pipeline/review.js';
import { createProtocols, type Protocols } from './proxy/protocols.js';
import { createUpstreamForwarder, type UpstreamForwarder } from './proxy/upstream-forwarder.js';
import { createThrottling, type GatewayThrottling } from './throttling/throttling.js';
import type { Clock } from './tokens/clock.js';
import { dpopChecks } from './tokens/dpop-checks.js';
import { createTokenSource, type TokenSource } from './tokens/token-source.js';
import { onlyHandshakes } from './websocket/only-handshakes.js';
import type { OpenConnections } from './websocket/open-connections.js';
import type { Siblings } from './workers/siblings.js';

export interface PartsOptions {
  readonly gatewayId: string;
  readonly logger: Logger;
  /** Time of the token cache; the system's when left out. */
  readonly clock?: Clock | undefined;
  /** The other workers of this gateway, if it has any. */
  readonly siblings?: Siblings | undefined;
}

/** A gateway without its ports. */
export interface GatewayParts {
  readonly client: KeyManagerClient;
  readonly tokens: TokenSource;
  readonly identity: GatewayIdentity;
  readonly catalog: CatalogStream;
  readonly usage: UsageReporter;
  readonly counters: RequestCounters;
  readonly throttling: GatewayThrottling;
  readonly forwarder: UpstreamForwarder;
  readonly tokenHost: TokenHost;
  readonly handler: RequestHandler;
  /** The same for the ports that serve nothing but WebSocket. */
  readonly webSocketHandler: RequestHandler;
  readonly webSockets: OpenConnections;
  /** Under which URLs clients reach this gateway; told once the port is known. */
  readonly ownUrls: OwnUrls;
  /** Follows the key manager; resolves when the catalogue copy on disk has been loaded. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export async function createParts(config: GatewayConfig, options: PartsOptions): Promise<GatewayParts> {
  const { gatewayId, logger, clock, siblings } = options;
  const client = await connectKeyManager(config, logger);
  const around = { client, gatewayId, logger, siblings };
  const keys = () => catalog.current()?.signingKeys;
  const tokens = createTokenSource({ ...around, config, keys, ...(clock && { clock }) });
  const shared = config.redis.url === undefined ? siblings?.counts : undefined;
  const throttling = createThrottling({ config, logger, catalog: () => catalog.current(), shared });
  const { forwarder, proxy } = await createBackends(config);
  const catalog = await followCatalog(config, {
    ...around,
    onSwap: (compiled) => forwarder.follow(compiled),
    onThrottleReset: (reset, revision) => throttling.reset(reset, revision),
  });
  const mediation = await createMediation(config, {
    revokeOneTimeToken: (tokenHash) => client.revokeOneTimeToken(tokenHash),
    logger,
    publicUrl: () => identity.publicUrl,
  });
  const identity = createGatewayIdentity({ source: client, keys, ownKeys: mediation.ownKeys, now: Date.now });
  const records = createTrafficRecords(config, around);
  const ownUrls = new OwnUrls();
  const isTrustedProxy = trustedProxies(config);
  const protocols = createProtocols({
    config: { ...config.gateway, proxy },
    http: forwarder,
    lookup: forwarder.guard.lookup,
    nextUpstream: (endpoint) => forwarder.nextUpstream(endpoint),
    review: (exchange) => review(exchange),
    events: throttling.gate,
  });
  const ports: Ports = {
    catalog,
    tokens: tokens.validation,
    forwarder: protocols.forwarder,
    observer: records.observer,
    settings: { ...config.gateway.limits, ...credentialSettings(config), isTrustedProxy },
    throttling: throttling.gate,
    events: throttling.gate,
    dpop: dpopChecks(config.gateway.dpop, ownUrls, tokens.seenProofs),
    ...(await createCredentials(config, { client, tokens, keys, logger, clock })),
    ...mediation.ports,
  };
  const review = createReview(ports);
  const handlers = {
    handler: createRequestHandler(ports),
    webSocketHandler: createRequestHandler(ports, [onlyHandshakes]),
    tokenHost: await hostTokenEndpoints(config, { client, tokens, identity, logger, isTrustedProxy, ownUrls, records }),
  };
  const { webSockets } = protocols;
  const parts = { client, tokens, identity, catalog, throttling, forwarder, webSockets, ownUrls, ...records };
  return { ...parts, ...handlers, ...lifeOf({ ...parts, ...handlers, protocols }) };
}

/** What backends are called with, and how they are trusted. */
async function createBackends({ gateway: { proxy } }: GatewayConfig) {
  const backends = { ...proxy, ca: proxy.caFile && (await loadCa(proxy.caFile, 'gateway.proxy.caFile')) };
  return { proxy: backends, forwarder: createUpstreamForwarder(backends) };
}

interface AroundTokenEndpoints extends Pick<GatewayParts, 'client' | 'tokens' | 'identity' | 'ownUrls'> {
  readonly logger: Logger;
  readonly isTrustedProxy: ((address: string) => boolean) | undefined;
  readonly records: TrafficRecords;
}

function hostTokenEndpoints(config: GatewayConfig, around: AroundTokenEndpoints): Promise<TokenHost> {
  const { limits, allowInsecureTokenRequests, cors } = config.gateway;
  const { client, tokens, ownUrls, records, ...others } = around;
  return createTokenHost({
    ...others,
    issuer: client,
    tokens: tokens.validation,
    maxBodyBytes: limits.maxTokenRequestBytes,
    allowInsecureTokenRequests,
    ownUrlFor: (host) => ownUrls.chosenBy(host),
    cors,
    onAnswered: records.onAnswered,
  });
}

type Living = Pick<GatewayParts, 'client' | 'tokens' | 'catalog' | 'throttling' | 'usage' | 'tokenHost' | 'forwarder'> &
  Pick<TrafficRecords, 'flush'> & { readonly protocols: Protocols };

/** In which order the parts begin, and in which they end. */
function lifeOf(parts: Living): Pick<GatewayParts, 'start' | 'stop'> {
  const { client, tokens, catalog, throttling, usage, tokenHost, forwarder, protocols, flush } = parts;
  return {
    start: async () => {
      client.start();
      tokens.start();
      await catalog.start();
      throttling.start();
      usage.start();
    },
    stop: async () => {
      await usage.stop();
      await throttling.stop();
      protocols.destroy();
      await Promise.all([tokenHost.close(), forwarder.destroy(), catalog.stop()]);
      tokens.stop();
      client.close();
      flush();
    },
  };
}

/** Undefined when there is none, so that no call asks. */
function trustedProxies({ gateway }: GatewayConfig): ((address: string) => boolean) | undefined {
  if (gateway.trustedProxies.length === 0) return undefined;
  const proxies = addressSet(gateway.trustedProxies);
  return (address) => proxies.has(address);
}
