import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createNonces } from '@keygate/common/dpop';
import type { Logger } from '@keygate/common/logging';
import { loadCa } from '@keygate/common/tls';
import { addressSet } from './apis/address.js';
import type { GatewayConfig } from './config/gateway.config.js';
import { compileSettings, createCredentials, credentialSettings } from './credentials/create-credentials.js';
import { type AccessLog, createAccessLog } from './http/access-log.js';
import { OwnUrls } from './http/own-urls.js';
import { RequestCounters } from './http/request-counters.js';
import { createGatewayIdentity, type GatewayIdentity } from './identity/gateway-identity.js';
import { CatalogFile, catalogFileKey } from './key-manager/catalog-file.js';
import { CatalogStream } from './key-manager/catalog-stream.js';
import { loadClientIdentity } from './key-manager/client-identity.js';
import { connectKeyManager } from './key-manager/connect.js';
import type { KeyManagerClient } from './key-manager/key-manager.client.js';
import { UsageReporter } from './key-manager/usage-reporter.js';
import { createMediation } from './mediation/mediation-parts.js';
import { createTokenHost, type TokenHost } from './oauth2-endpoints/token-host.js';
import type { DpopChecks } from './pipeline/dpop.js';
import type { Ports, RequestObserver } from './pipeline/ports.js';
import { createRequestHandler, type RequestHandler } from './pipeline/request-handler.js';
import { createReview } from './pipeline/review.js';
import { createProtocols } from './proxy/protocols.js';
import { createUpstreamForwarder, type UpstreamForwarder } from './proxy/upstream-forwarder.js';
import { createThrottling, type GatewayThrottling } from './throttling/throttling.js';
import type { Clock } from './tokens/clock.js';
import type { SeenProofs } from './tokens/seen-proofs.js';
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
  const { environment, limits, proxy, listeners, allowInsecureTokenRequests } = config.gateway;
  const client = await connectKeyManager(config, logger);
  const throttling = createThrottling({
    config,
    logger,
    catalog: () => catalog.current(),
    shared: config.redis.url === undefined ? siblings?.counts : undefined,
  });
  const keys = () => catalog.current()?.signingKeys;
  const tokens = createTokenSource({ config, client, gatewayId, logger, keys, siblings, ...(clock && { clock }) });
  const path = join(config.dataDir, `gateway-${listeners.https}`, 'catalog.bin');
  const { key: ownKey } = await loadClientIdentity(config);
  const file = new CatalogFile(path, environment, catalogFileKey(ownKey), logger, (siblings?.worker ?? 1) === 1);
  const catalog = new CatalogStream({
    client,
    file,
    logger,
    environment,
    gatewayId,
    compile: compileSettings(config),
    onSwap: (compiled) => forwarder.follow(compiled),
    onThrottleReset: (reset, revision) => throttling.reset(reset, revision),
  });
  const mediation = await createMediation(config, {
    revokeOneTimeToken: (tokenHash) => client.revokeOneTimeToken(tokenHash),
    logger,
    publicUrl: () => identity.publicUrl,
  });
  const identity = createGatewayIdentity({ source: client, keys, ownKeys: mediation.ownKeys, now: Date.now });
  const usage = new UsageReporter({ client, gatewayId, logger });
  const counters = new RequestCounters();
  const accessLog = createAccessLog({ ...config.logging, worker: siblings?.worker });
  const backends = { ...proxy, ca: proxy.caFile && (await loadCa(proxy.caFile, 'gateway.proxy.caFile')) };
  const forwarder = createUpstreamForwarder(backends);
  const observer = observe(accessLog, counters, usage, logger);
  const { validation } = tokens;
  const ownUrls = new OwnUrls();
  const credentials = await createCredentials(config, { client, tokens, keys, logger, clock });
  const dpop = dpopChecks(config.gateway.dpop, ownUrls, tokens.seenProofs);
  const protocols = createProtocols({
    config: { ...config.gateway, proxy: backends },
    http: forwarder,
    lookup: forwarder.guard.lookup,
    nextUpstream: (endpoint) => forwarder.nextUpstream(endpoint),
    review: (exchange) => review(exchange),
    events: throttling.gate,
  });
  const isTrustedProxy = trustedProxies(config);
  const ports: Ports = {
    catalog,
    tokens: validation,
    forwarder: protocols.forwarder,
    observer,
    settings: { ...limits, ...credentialSettings(config), isTrustedProxy },
    throttling: throttling.gate,
    events: throttling.gate,
    dpop,
    ...credentials,
    ...mediation.ports,
  };
  const review = createReview(ports);
  const maxBodyBytes = limits.maxTokenRequestBytes;
  const tokenHost = await createTokenHost({
    issuer: client,
    tokens: validation,
    identity,
    logger,
    maxBodyBytes,
    allowInsecureTokenRequests,
    isTrustedProxy,
    ownUrlFor: (host) => ownUrls.chosenBy(host),
    cors: config.gateway.cors,
    onAnswered: (answered) => {
      counters.countTokenRequest(answered.endpoint, answered.status);
      accessLog.write(answered);
    },
  });
  return {
    client,
    tokens,
    identity,
    catalog,
    usage,
    counters,
    throttling,
    forwarder,
    tokenHost,
    handler: createRequestHandler(ports),
    webSocketHandler: createRequestHandler(ports, [onlyHandshakes]),
    webSockets: protocols.webSockets,
    ownUrls,
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
      accessLog.flush();
    },
  };
}

/** Undefined when there is none, so that no call asks. */
function trustedProxies({ gateway }: GatewayConfig): ((address: string) => boolean) | undefined {
  if (gateway.trustedProxies.length === 0) return undefined;
  const proxies = addressSet(gateway.trustedProxies);
  return (address) => proxies.has(address);
}

function dpopChecks(
  { nonce, nonceKey, maxAgeSeconds, clockSkewSeconds }: GatewayConfig['gateway']['dpop'],
  ownUrls: OwnUrls,
  seenProofs: SeenProofs,
): DpopChecks {
  const key = nonceKey === undefined ? randomBytes(32) : createHash('sha256').update(nonceKey).digest();
  return {
    own: ownUrls.all,
    window: { maxAgeSeconds, clockSkewSeconds },
    nonces: nonce === 'required' ? createNonces(key, nonceSeconds) : undefined,
    firstUse: (id, expiresAt) => seenProofs.firstUse(id, expiresAt),
    now: Date.now,
  };
}

const nonceSeconds = 300;

function observe(log: AccessLog, counters: RequestCounters, usage: UsageReporter, logger: Logger): RequestObserver {
  return {
    ended: (exchange) => {
      counters.count(exchange);
      usage.count(exchange);
      log.write(exchange);
    },
    failed: ({ correlationId, fault, upstream }, cause) => {
      const level = fault === 'gatewayBug' ? 'error' : 'warn';
      logger[level]({ correlationId, fault, upstream, err: cause }, 'request failed');
    },
  };
}
