import { z } from 'zod';
import type { SettingMeta } from './setting.js';

/** One leaf of a configuration schema: the thing a user can set. */
export interface SettingLeaf {
  /** Keys from the top of `keygate.yaml`. */
  readonly path: readonly string[];
  /** The keys joined by dots, as it is written in messages and documentation. */
  readonly name: string;
  readonly meta: SettingMeta;
  readonly description: string;
  /** The type without default, optional and the like. */
  readonly type: z.core.$ZodType;
  /** Undefined when the setting may be left out or must be given. */
  readonly defaultValue: unknown;
}

interface Definition {
  readonly type: string;
  readonly innerType?: z.core.$ZodType;
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>;
  readonly defaultValue?: unknown;
}

const definitionOf = (type: z.core.$ZodType): Definition => type._zod.def as unknown as Definition;

/** The type under any number of default, prefault, optional and read-only wrappers. */
export function unwrap(type: z.core.$ZodType): z.core.$ZodType {
  const { innerType } = definitionOf(type);
  return innerType ? unwrap(innerType) : type;
}

function defaultOf(type: z.core.$ZodType): unknown {
  const definition = definitionOf(type);
  if (definition.type === 'default' || definition.type === 'prefault') return definition.defaultValue;
  return definition.innerType ? defaultOf(definition.innerType) : undefined;
}

/** The members of an object type, or undefined when the type is not an object. */
export function membersOf(type: z.core.$ZodType): Readonly<Record<string, z.core.$ZodType>> | undefined {
  return definitionOf(unwrap(type)).shape;
}

/** All settings of a schema in the order they are written there. */
export function settingsOf(schema: z.core.$ZodType, path: readonly string[] = []): SettingLeaf[] {
  const members = membersOf(schema);
  if (members) return Object.entries(members).flatMap(([key, member]) => settingsOf(member, [...path, key]));
  const { description, ...meta } = (z.globalRegistry.get(schema) ?? {}) as SettingMeta & { description?: string };
  const defaultValue = defaultOf(schema);
  return [{ path, name: path.join('.'), meta, description: description ?? '', type: unwrap(schema), defaultValue }];
}
