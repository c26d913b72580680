import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureLocalCa } from '@keygate/common/tls';
import type { DemoFacts } from '@keygate/key-manager/admin';
import {
  type ClusterSettings,
  type ClusterUrls,
  clusterUrls,
  roleArguments,
  roleEnvironment,
} from './cluster-settings.js';
import { startPrivateRedis } from './private-redis.js';
import { withProgress } from './progress.js';
import { isConnectedGateway, untilOk } from './readiness.js';
import { type ReadyMessage, RoleProcess } from './role-process.js';
import { startSampleBackend } from './sample-backend.js';

const entry = fileURLToPath(new URL('../main.js', import.meta.url));

export interface ClusterOptions {
  readonly settings: ClusterSettings;
  readonly demo: boolean;
  readonly adminPassword: string;
}

/** The resource of the sample API that answers without a token. */
const openPath = '/health';

export interface RunningCluster {
  readonly urls: ClusterUrls;
  readonly demo: DemoFacts | undefined;
}

/** Key manager, gateway and what they need, as child processes of this one. */
export class Cluster {
  /** What a reader of the banner should know, e.g. that there is no Redis. */
  readonly notes: string[] = [];
  private readonly stops: (() => Promise<void>)[] = [];
  private readonly roles: RoleProcess[] = [];
  private readonly waiting = new Set<string>();
  private stopping: Promise<void> | undefined;

  constructor(private readonly options: ClusterOptions) {}

  /** Starts everything and waits until it can serve; `stop` undoes a start that failed half-way. */
  async start(): Promise<RunningCluster> {
    const { settings } = this.options;
    await ensureLocalCa(settings.dataDir);
    const redisUrl = await this.startRedis();
    const backend = this.options.demo
      ? await startSampleBackend(join(settings.dataDir, 'sample-backend.port'))
      : undefined;
    if (backend) this.stops.push(backend.close);
    return withProgress(() => [...this.waiting].join(' and '), this.startRoles(redisUrl, backend?.url));
  }

  /** Drains the gateway, then the key manager, then ends the rest. Safe to call again. */
  stop(): Promise<void> {
    this.stopping ??= (async () => {
      for (const role of [...this.roles].reverse()) await role.stop();
      for (const stop of [...this.stops].reverse()) await stop();
    })();
    return this.stopping;
  }

  /** For a second Ctrl-C: nothing is drained any more. */
  async kill(): Promise<void> {
    for (const role of this.roles) role.kill();
    await this.stop();
  }

  private async startRedis(): Promise<string | undefined> {
    const { sources, configs } = this.options.settings;
    if (configs.gateway.config.redis.url !== undefined) return undefined;
    const redis = await startPrivateRedis(sources.env);
    if (redis) this.stops.push(redis.close);
    else this.notes.push('no redis-server on the PATH and no REDIS_URL: each gateway keeps its own token cache');
    return redis?.url;
  }

  private async startRoles(redisUrl: string | undefined, backendUrl: string | undefined): Promise<RunningCluster> {
    const { configs } = this.options.settings;
    const gateway = configs.gateway.config.gateway.listeners;
    const keyManager = configs.keyManager.config.keyManager.listeners;
    const redis = redisUrl === undefined ? {} : { REDIS_URL: redisUrl };
    const expected = clusterUrls(configs, { ...gateway } as never, { ...keyManager } as never);
    const startingKeyManager = this.startKeyManager(redis, expected, backendUrl);
    // Both at once is quicker, but a gateway must know the port; 0 is known only when it is bound.
    const ready = keyManager.grpc === 0 ? await startingKeyManager : undefined;
    const grpc = ready ? clusterUrls(configs, {}, ready.ports).grpc : expected.grpc;
    const [first, second] = await Promise.all([startingKeyManager, this.startGateway(redis, grpc)]);
    const urls = clusterUrls(configs, second.ports, first.ports);
    await Promise.all([
      this.waitFor('the key manager', `http://${keyManager.operationsBindAddress}:${first.ports.operations}/readyz`),
      // From its copy of the catalogue it would be ready before it can ask what a token is.
      this.waitFor(
        'the gateway',
        `http://${gateway.operationsBindAddress}:${second.ports.operations}/readyz`,
        isConnectedGateway,
      ),
    ]);
    const { demo } = first;
    if (demo) {
      const { context, version } = demo.api;
      const open = `http://${gateway.bindAddress}:${second.ports.http}${context}/${version}${openPath}`;
      await this.waitFor('the sample API', open);
    }
    return { urls, demo };
  }

  private startKeyManager(
    redis: Readonly<Record<string, string>>,
    expected: ClusterUrls,
    backendUrl: string | undefined,
  ): Promise<ReadyMessage> {
    const { settings, adminPassword } = this.options;
    const { config, origins } = settings.configs.keyManager;
    const { bindAddress, https } = settings.configs.gateway.config.gateway.listeners;
    const isKnown = https !== 0;
    const needsUrl = origins.get('keyManager.gatewayUrl') === 'default' && isKnown;
    return this.startRole(
      'the key manager',
      new RoleProcess({
        role: 'key-manager',
        entry,
        args: [
          ...roleArguments('key-manager', settings),
          ...['--gateway-bind-address', bindAddress],
          ...(backendUrl ? ['--demo-backend', backendUrl] : []),
        ],
        env: roleEnvironment('key-manager', settings, {
          ...redis,
          KEYGATE_ADMIN_PASSWORD: adminPassword,
          ...(needsUrl ? { KEY_MANAGER_GATEWAY_URL: expected.gateway } : {}),
        }),
        drainSeconds: config.keyManager.drainSeconds,
      }),
    );
  }

  private startGateway(redis: Readonly<Record<string, string>>, grpcUrl: string): Promise<ReadyMessage> {
    const { settings } = this.options;
    const { config, origins } = settings.configs.gateway;
    const isDefault = origins.get('gateway.keyManager.serverUrl') === 'default';
    return this.startRole(
      'the gateway',
      new RoleProcess({
        role: 'gateway',
        entry,
        args: roleArguments('gateway', settings),
        env: roleEnvironment('gateway', settings, {
          ...redis,
          ...(isDefault ? { KEY_MANAGER_SERVER_URL: grpcUrl } : {}),
        }),
        drainSeconds: config.gateway.drainSeconds,
      }),
    );
  }

  private async startRole(name: string, role: RoleProcess): Promise<ReadyMessage> {
    if (this.stopping) throw new Error('stopped while starting');
    this.roles.push(role);
    this.waiting.add(name);
    const ready = await role.start();
    this.waiting.delete(name);
    return ready;
  }

  private async waitFor(name: string, url: string, isEnough?: (body: string) => boolean): Promise<void> {
    this.waiting.add(name);
    await untilOk(url, () => this.stopping !== undefined, isEnough);
    this.waiting.delete(name);
  }
}
