import { isAbsolute, resolve } from 'node:path';
import { settingsOf } from '@keygate/common/config';
import { isLoopback } from '@keygate/common/exposure';
import { type BothConfigs, bothConfigs, type Role, roles, type Sources } from '../configuration.js';

/** The settings of a whole cluster on one machine. */
export interface ClusterSettings {
  readonly sources: Sources;
  readonly configs: BothConfigs;
  readonly dataDir: string;
  readonly portOffset: number;
}

/**
 * Reads the settings and fills what two clusters on one machine must not share: with an offset, the data folder is
 * `.keygate-<offset>` and the Redis prefix `kg-<offset>`, unless they are given.
 */
export function clusterSettings(given: Sources, quiet: boolean): ClusterSettings {
  const first = bothConfigs(given);
  const { portOffset } = first.gateway.config;
  const isDefault = (name: string) => first.gateway.origins.get(name) === 'default';
  const flags = { ...given.flags };
  const env = { ...given.env };
  if (portOffset !== 0 && isDefault('dataDir')) flags['data-dir'] = `.keygate-${portOffset}`;
  if (portOffset !== 0 && isDefault('redis.keyPrefix')) env.REDIS_KEY_PREFIX = `kg-${portOffset}`;
  if (quiet && isDefault('logging.level')) flags['log-level'] = 'warn';
  const sources = { ...given, flags, env };
  const configs = bothConfigs(sources);
  const { dataDir } = configs.gateway.config;
  return { sources, configs, dataDir: isAbsolute(dataDir) ? dataDir : resolve(dataDir), portOffset };
}

export interface ClusterUrls {
  readonly gateway: string;
  readonly gatewayHttp: string;
  readonly gatewayWss: string;
  readonly gatewayWs: string;
  readonly keyManager: string;
  readonly grpc: string;
}

type Ports = Readonly<Record<string, number>>;

/** URLs of the cluster, from the ports that were really bound. */
export function clusterUrls(configs: BothConfigs, gatewayPorts: Ports, keyManagerPorts: Ports): ClusterUrls {
  const gateway = configs.gateway.config.gateway.listeners;
  const keyManager = configs.keyManager.config.keyManager.listeners;
  return {
    gateway: `https://${gateway.publicHost}:${gatewayPorts.https}`,
    gatewayHttp: `http://${gateway.publicHost}:${gatewayPorts.http}`,
    gatewayWss: `wss://${gateway.publicHost}:${gatewayPorts.wss}`,
    gatewayWs: `ws://${gateway.publicHost}:${gatewayPorts.ws}`,
    keyManager: `https://${keyManager.publicHost}:${keyManagerPorts.https}`,
    grpc: `https://${nearby(keyManager.bindAddress)}:${keyManagerPorts.grpc}`,
  };
}

/** How another process of this machine reaches a listener. */
export function nearby(bindAddress: string): string {
  const isAnywhere = bindAddress === '0.0.0.0' || bindAddress === '::';
  return isAnywhere || isLoopback(bindAddress) ? 'localhost' : bindAddress;
}

/** The flags of one role, so that a child process reads the same settings. */
export function roleArguments(role: Role, { sources }: ClusterSettings): string[] {
  const names = settingsOf(roles[role]).flatMap((leaf) => leaf.meta.flag ?? []);
  const flags = names.flatMap((name) => {
    const value = sources.flags[name];
    return value === undefined ? [] : [`--${name}`, value];
  });
  return [...(sources.file === undefined ? [] : ['--config', sources.file]), ...flags];
}

/** The environment of one role. A role does not get the secrets of the other. */
export function roleEnvironment(
  role: Role,
  { sources }: ClusterSettings,
  more: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  const own = new Set(settingsOf(roles[role]).flatMap((leaf) => leaf.meta.env ?? []));
  const foreign = Object.values(roles)
    .flatMap((schema) => settingsOf(schema))
    .flatMap((leaf) =>
      leaf.meta.secret && leaf.meta.env !== undefined && !own.has(leaf.meta.env) ? [leaf.meta.env] : [],
    );
  const env: Record<string, string | undefined> = { ...sources.env, ...more };
  for (const name of foreign) delete env[name];
  return env;
}
