import 'reflect-metadata';
import { type OperationsServer, type ReadinessCheck, startOperationsServer } from '@keygate/common/health';
import { type Logger, nestLogger } from '@keygate/common/logging';
import { createRegistry } from '@keygate/common/metrics';
import { connectRedis } from '@keygate/common/redis';
import { ensureLocalCa } from '@keygate/common/tls';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type DemoFacts, type DemoOptions, seedDemo } from './admin/demo.js';
import { refuseKnownCredentials, type WayIn } from './admin/known-credentials.js';
import { defaultEnvironment } from './apis/environments.js';
import { appModule } from './app.module.js';
import { type Assembly, assemble, systemClock } from './assembly.js';
import { clientProofs, loadClientAuthorities } from './client-proofs.js';
import type { KeyManagerConfig } from './config/key-manager.config.js';
import { claimDatabase, loadSecretKey } from './config/secret-key.js';
import { directServices } from './grpc/direct-services.js';
import { GrpcTransport } from './grpc/grpc-transport.js';
import { authorizePlugin } from './http/authorize/authorize-plugin.js';
import { createFastifyHost } from './http/fastify-host.js';
import { finishServer } from './http/https-server.js';
import { identityPlugin } from './http/identity-plugin.js';
import { NotFoundFilter } from './http/not-found.filter.js';
import { oauth2Plugin } from './http/oauth2-plugin.js';
import { servicesPlugin } from './http/services-plugin.js';
import { openKeySets } from './jwks/open-key-sets.js';
import { gatewayVhost, grpcSettings, type Listeners, openListeners, serverUrls, settingsOf } from './listeners.js';
import { managementPlugin } from './management/management-plugin.js';
import { type Background, startBackground } from './operations/background.js';
import { openStorage } from './storage/open-storage.js';
import type { Storage } from './storage/storage.js';
import { adminName, checkAdminPassword, seedFirstUsers } from './users/first-users.js';

export interface KeyManagerOptions {
  readonly logger: Logger;
  readonly demo?: DemoOptions | undefined;
  /** Bind address of a gateway that is started beside it: who reaches that one can ask this one for tokens. */
  readonly gatewayBindAddress?: string | undefined;
  readonly signalReady?: ((facts: KeyManagerFacts) => void) | undefined;
  /** In place of the configured database; for tests. */
  readonly storage?: Storage | undefined;
}

export interface KeyManagerFacts {
  readonly urls: {
    readonly https: string;
    readonly http: string;
    readonly grpc: string;
    readonly operations: string;
    readonly token: string;
    readonly issuer: string;
  };
  readonly ports: { readonly https: number; readonly http: number; readonly grpc: number; readonly operations: number };
  /** Set when this start made it up: show it once, it is kept nowhere in clear. */
  readonly adminPassword?: string | undefined;
  readonly demo?: DemoFacts | undefined;
}

export interface KeyManager extends KeyManagerFacts {
  /** Whether what it depends on answers. */
  ready(): Promise<boolean>;
  /** Refuses new work, finishes what is open within `drainSeconds`, and frees everything. Repeatable. */
  stop(): Promise<void>;
}

type Undo = () => Promise<unknown>;

/**
 * Starts one key manager: sockets, database, first users, services, in this order. Rejects with a one-line error
 * (`PortTaken`, `TlsProblem`, `WeakAdminPassword` …) and leaves nothing open when it cannot.
 */
export async function startKeyManager(config: KeyManagerConfig, options: KeyManagerOptions): Promise<KeyManager> {
  const opened: Undo[] = [];
  try {
    return await start(config, options, opened);
  } catch (error) {
    for (const undo of opened.reverse()) await undo().catch(() => undefined);
    throw error;
  }
}

function waysIn(own: string, gateway: string | undefined): WayIn[] {
  const first = { setting: 'keyManager.listeners.bindAddress (KEY_MANAGER_BIND_ADDRESS)', address: own };
  if (gateway === undefined) return [first];
  return [first, { setting: 'gateway.listeners.bindAddress (GATEWAY_BIND_ADDRESS)', address: gateway }];
}

async function start(config: KeyManagerConfig, options: KeyManagerOptions, opened: Undo[]): Promise<KeyManager> {
  const { logger } = options;
  const settings = config.keyManager;
  const ways = waysIn(settings.listeners.bindAddress, options.gatewayBindAddress);
  checkAdminPassword(settings.adminPassword, [
    ...ways.map(({ address }) => address),
    settings.listeners.operationsBindAddress,
  ]);
  const secretKey = await loadSecretKey(settings.secretKey, config.dataDir);
  const keySets = await openKeySets(settings.keySets, systemClock, logger);
  // Apart: clients choose their URLs, and slow ones must not stand in line before those of identity providers.
  const clientKeySets = await openKeySets(settings.keySets, systemClock, logger);

  const listeners = await openListeners(config);
  opened.push(() => Promise.all([listeners.https.finish(0), finishServer(listeners.redirect, 0)]));
  const storage = options.storage ?? (await openConfiguredStorage(config, logger));
  opened.push(() => storage.close());
  await claimDatabase(secretKey, storage.serverKey);

  const urls = serverUrls(config, listeners);
  const { issuer } = urls;
  const registry = createRegistry({ role: 'key-manager' });
  const connection = connectRedis(config.redis, logger);
  opened.push(async () => connection?.disconnect());
  const redis = connection && { connection, keyPrefix: config.redis.keyPrefix };
  const proofs = clientProofs({
    settings: settings.oauth2,
    authorities: await loadClientAuthorities(settings.oauth2.clientCertificateCaFile),
    urls,
    keySets: clientKeySets,
    replays: storage.replays,
    clock: systemClock,
    secretKey,
  });
  const assembly = assemble({
    ...{ config: settings, storage, redis, secretKey, keySets, clientProofs: proofs, registry, logger, issuer },
  });
  const adminPassword = await seedFirstUsers(storage, assembly.accounts, settings.adminPassword);
  await noteOtherAdminPassword(assembly, settings.adminPassword, logger);
  await refuseKnownCredentials(ways, assembly);
  const demo = options.demo && (await seedDemo(config, assembly, options.demo));

  const background = await startBackground(config, logger, assembly);
  opened.push(() => background.stop());
  const { app, transport } = await startServices(config, logger, listeners, assembly, secretKey);
  opened.push(() => app.close());
  const operations = await startOperationsServer({
    ...settingsOf(config, 'operations'),
    metrics: registry,
    readiness: { database: () => databaseState(storage), ...redisReadiness(background) },
  });
  opened.push(() => operations.close());

  transport.serve();
  const running: Running = { config, storage, listeners, app, transport, assembly, background, operations };
  const facts = { ...factsOf(running, issuer), adminPassword, demo };
  options.signalReady?.(facts);
  logger.info({ ports: facts.ports, storage: storage.kind }, 'key manager is ready');
  let stopping: Promise<void> | undefined;
  return {
    ...facts,
    ready: async () => (await databaseState(storage)) === undefined,
    stop: () => {
      stopping ??= stop(running, logger);
      return stopping;
    },
  };
}

interface Running {
  readonly config: KeyManagerConfig;
  readonly storage: Storage;
  readonly listeners: Listeners;
  readonly app: NestFastifyApplication;
  readonly transport: GrpcTransport;
  readonly assembly: Assembly;
  readonly background: Background;
  readonly operations: OperationsServer;
}

function openConfiguredStorage(config: KeyManagerConfig, logger: Logger): Promise<Storage> {
  const { databaseUrl, databasePoolSize: poolSize, caseSensitiveUserNames } = config.keyManager;
  return openStorage({ databaseUrl, dataDir: config.dataDir, poolSize, logger, caseSensitiveUserNames });
}

async function startServices(
  config: KeyManagerConfig,
  logger: Logger,
  listeners: Listeners,
  assembly: Assembly,
  secretKey: Buffer,
) {
  const { fastify, open } = createFastifyHost(listeners.https, logger);
  fastify.register(authorizePlugin(assembly.interactive, assembly.callers));
  fastify.register(identityPlugin(assembly.identity));
  fastify.register(servicesPlugin);
  fastify.register(oauth2Plugin(assembly.server, assembly.callers, serverUrls(config, listeners).origin));
  fastify.register(
    managementPlugin({
      ...assembly,
      secretKey,
      clock: systemClock,
      throttling: config.keyManager.throttling,
      endpointChecks: {
        addresses: config.keyManager.endpointChecks,
        authorities: [(await ensureLocalCa(config.dataDir)).cert],
      },
      registration: { ...config.keyManager.oauth2.registration, origin: serverUrls(config, listeners).origin },
      grantTypes: config.keyManager.oauth2.grantTypes,
      tokenEndpoint: assembly.server.issueToken,
      environments: [defaultEnvironment(gatewayVhost(config))],
      liveGateways: (environment) => assembly.openStreams.liveGateways(environment),
    }),
  );
  const app = await NestFactory.create<NestFastifyApplication>(
    appModule(assembly, logger, []),
    new FastifyAdapter(fastify),
    { logger: nestLogger(logger), bodyParser: false, abortOnError: false },
  );
  app.useGlobalFilters(new NotFoundFilter());
  const { maxConcurrentStreams } = config.keyManager.grpc;
  const transport = new GrpcTransport(
    await grpcSettings(config),
    directServices(assembly, logger, maxConcurrentStreams),
  );
  app.connectMicroservice({ strategy: transport });
  await app.init();
  await fastify.ready();
  await app.startAllMicroservices();
  open();
  return { app, transport };
}

async function databaseState(storage: Storage): Promise<string | undefined> {
  try {
    await storage.ping();
    return undefined;
  } catch {
    // What the driver says may hold a host or a user name; readiness is read by anyone who reaches the port.
    return 'does not answer';
  }
}

/** A configured password is for an empty database: setting it at every start would undo what the administrator chose. */
async function noteOtherAdminPassword(assembly: Assembly, configured: string | undefined, logger: Logger) {
  if (configured === undefined || (await assembly.storedOwners.authenticate(adminName.username, configured))) return;
  logger.warn(
    'the configured admin password is not the one in the database; change it with: keygate users set-password',
  );
}

/** Redis away is shown, but takes no key manager out of service: gateways still hear of revocations over gRPC. */
function redisReadiness({ redis }: Background): Record<string, ReadinessCheck> {
  if (!redis) return {};
  return { redis: async () => (redis.status === 'ready' ? undefined : { degraded: 'not connected' }) };
}

function factsOf({ config, listeners, transport, operations }: Running, issuer: string): KeyManagerFacts {
  const { publicHost, operationsBindAddress } = config.keyManager.listeners;
  return {
    urls: {
      https: listeners.origin,
      http: `http://${publicHost}:${listeners.httpPort}`,
      grpc: `https://${publicHost}:${transport.port}`,
      operations: `http://${operationsBindAddress}:${operations.port}`,
      token: `${listeners.origin}/oauth2/token`,
      issuer,
    },
    ports: {
      https: listeners.httpsPort,
      http: listeners.httpPort,
      grpc: transport.port,
      operations: operations.port,
    },
  };
}

/** New work is refused first, then the open work ends, then what it needed goes; what fails does not keep the rest. */
async function stop(
  { config, storage, listeners, app, transport, assembly, background, operations }: Running,
  logger: Logger,
) {
  const drainMillis = config.keyManager.drainSeconds * 1_000;
  operations.drain();
  transport.drain();
  assembly.openStreams.end();
  const steps: readonly Undo[] = [
    () =>
      Promise.all([
        listeners.https.finish(drainMillis),
        finishServer(listeners.redirect, drainMillis),
        transport.finish(drainMillis),
      ]),
    () => background.stop(),
    () => app.close(),
    () => operations.close(),
    () => storage.close(),
  ];
  for (const step of steps) {
    await step().catch((error: unknown) => logger.error({ err: error }, 'a part did not stop cleanly'));
  }
}
