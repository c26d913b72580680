import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  ConfigProblems,
  type Environment,
  type LoadedConfig,
  loadConfig,
  type SettingLeaf,
  settingsOf,
} from '@keygate/common/config';
import { type GatewayConfig, gatewaySchema } from '@keygate/gateway/config';
import { type KeyManagerConfig, keyManagerSchema } from '@keygate/key-manager/config';
import type { Command } from 'commander';
import type { z } from 'zod';
import { exposureProblems } from './exposure.js';

/** Where a command takes its settings from. */
export interface Sources {
  readonly env: Environment;
  /** By flag name without dashes. */
  readonly flags: Readonly<Record<string, string | undefined>>;
  readonly file: string | undefined;
}

/** Settings of one role, frozen, and where each came from. */
export interface RoleConfig<T> {
  readonly config: T;
  readonly origins: LoadedConfig<T>['origins'];
}

export interface BothConfigs {
  readonly gateway: RoleConfig<GatewayConfig>;
  readonly keyManager: RoleConfig<KeyManagerConfig>;
}

export const roles = { gateway: gatewaySchema, 'key-manager': keyManagerSchema } as const;
export type Role = keyof typeof roles;

const defaultFile = 'keygate.yaml';

/** Adds `--config` and a flag for every setting of the given roles that has one. */
export function withSettings(command: Command, ...schemas: readonly z.ZodObject[]): Command {
  command.option('--config <file>', `settings file (default: ${defaultFile} if there is one, or KEYGATE_CONFIG)`);
  for (const [flag, leaf] of flagsOf(schemas)) command.option(`--${flag} <value>`, leaf.description);
  return command;
}

function flagsOf(schemas: readonly z.ZodObject[]): Map<string, SettingLeaf> {
  const leaves = schemas.flatMap((schema) => settingsOf(schema));
  return new Map(leaves.flatMap((leaf) => (leaf.meta.flag === undefined ? [] : [[leaf.meta.flag, leaf] as const])));
}

/** The sources of a command that `withSettings` was applied to. */
export function sourcesOf(command: Command, env: Environment): Sources {
  const options = command.opts<Record<string, string | undefined>>();
  const given = [...flagsOf(Object.values(roles)).keys()].map((flag) => [flag, options[camelCase(flag)]] as const);
  return { env, flags: Object.fromEntries(given), file: configFile(options.config, env) };
}

function configFile(flag: string | undefined, env: Environment): string | undefined {
  const named = flag ?? (env.KEYGATE_CONFIG === '' ? undefined : env.KEYGATE_CONFIG);
  if (named !== undefined) return resolve(named);
  return existsSync(defaultFile) ? resolve(defaultFile) : undefined;
}

const camelCase = (flag: string) => flag.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

export function gatewayConfig(sources: Sources): RoleConfig<GatewayConfig> {
  // The roles' own types say nothing of read-only; the value is frozen all the same.
  return loadConfig({ ...sources, schema: gatewaySchema, sections: [keyManagerSchema] }) as RoleConfig<GatewayConfig>;
}

export function keyManagerConfig(sources: Sources): RoleConfig<KeyManagerConfig> {
  const loaded = loadConfig({ ...sources, schema: keyManagerSchema, sections: [gatewaySchema] });
  const problems = exposureProblems(loaded.config, loaded.origins);
  if (problems.length > 0) throw new ConfigProblems(problems);
  return loaded as RoleConfig<KeyManagerConfig>;
}

/** Both roles' settings from one set of sources; the problems of both are reported together, each once. */
export function bothConfigs(sources: Sources): BothConfigs {
  const problems = new Set<string>();
  const attempt = <T>(load: () => T): T | undefined => {
    try {
      return load();
    } catch (error) {
      if (!(error instanceof ConfigProblems)) throw error;
      for (const problem of error.problems) problems.add(problem);
      return undefined;
    }
  };
  const gateway = attempt(() => gatewayConfig(sources));
  const keyManager = attempt(() => keyManagerConfig(sources));
  if (!gateway || !keyManager) throw new ConfigProblems([...problems]);
  return { gateway, keyManager };
}
