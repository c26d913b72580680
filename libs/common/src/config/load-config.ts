import type { z } from 'zod';
import { type DeepReadonly, deepFreeze } from './deep-readonly.js';
import { type Environment, unknownVariables } from './environment.js';
import { fromText } from './from-text.js';
import { isListeningPort, portProblem, withOffset } from './ports.js';
import { ConfigProblems, inWords } from './problems.js';
import { membersOf, type SettingLeaf, settingsOf } from './settings-of.js';
import { hint } from './similar.js';
import { readYamlFile, type YamlFile } from './yaml-file.js';

export interface ConfigSources<T extends z.ZodObject> {
  /** Schema of this process: the shared settings and its own section. */
  readonly schema: T;
  /** Schemas of the other sections that the same file and environment may hold, e.g. those of the other role. */
  readonly sections?: readonly z.ZodObject[];
  /** Command line flags by name without dashes (`port-offset`); undefined ones were not given. */
  readonly flags?: Readonly<Record<string, string | undefined>>;
  readonly env?: Environment;
  /** A `keygate.yaml`. It must exist. */
  readonly file?: string | undefined;
}

export interface LoadedConfig<T> {
  /** Deeply frozen; the port offset is already in every listening port. */
  readonly config: DeepReadonly<T>;
  /** Setting name → where its value came from (`keygate.yaml line 3`, `environment PORT_OFFSET`, `default` …). */
  readonly origins: ReadonlyMap<string, string>;
}

type Tree = Record<string, unknown>;

/**
 * Reads a configuration: defaults, then `keygate.yaml`, then the environment, then flags; the later one wins.
 * Throws `ConfigProblems` with everything that is wrong at once.
 */
export function loadConfig<T extends z.ZodObject>(sources: ConfigSources<T>): LoadedConfig<z.output<T>> {
  const { schema, sections = [], env = {}, flags = {} } = sources;
  const leaves = settingsOf(schema);
  const origins = new Map<string, string>(leaves.map((leaf) => [leaf.name, 'default']));
  const file = sources.file === undefined ? undefined : readYamlFile(sources.file);
  const foreign = new Set(sections.flatMap((section) => Object.keys(section.shape)));
  const tree = file ? fromFile(file, schema, foreign, leaves, origins) : {};
  overlay(tree, leaves, env, flags, origins);

  const known = new Set(
    [schema, ...sections].flatMap((each) => settingsOf(each).flatMap((leaf) => leaf.meta.env ?? [])),
  );
  const problems = [...(file?.problems ?? []), ...unknownVariables(env, known)];
  const parsed = schema.safeParse(tree);
  if (!parsed.success) {
    throw new ConfigProblems([
      ...problems,
      ...parsed.error.issues.flatMap((issue) => sentences(issue, tree, schema, foreign, leaves, origins, file)),
    ]);
  }
  problems.push(...addOffset(parsed.data as Tree, leaves, origins));
  if (problems.length > 0) throw new ConfigProblems(problems);
  return { config: deepFreeze(parsed.data) as DeepReadonly<z.output<T>>, origins };
}

/** What the file says to this process; sections of other roles are left out, empty groups count as absent. */
function fromFile(
  file: YamlFile,
  schema: z.ZodObject,
  foreign: ReadonlySet<string>,
  leaves: readonly SettingLeaf[],
  origins: Map<string, string>,
): Tree {
  const own = Object.entries(file.value).filter(([key]) => key in schema.shape || !foreign.has(key));
  const tree = withoutEmptyGroups(Object.fromEntries(own), schema) as Tree;
  for (const leaf of leaves) {
    if (valueAt(tree, leaf.path) !== undefined) origins.set(leaf.name, file.where(leaf.path));
  }
  return tree;
}

/** `gateway:` with every line below it commented out is null in YAML; it means "no settings here". */
function withoutEmptyGroups(value: unknown, type: z.core.$ZodType): unknown {
  const members = membersOf(type);
  if (!members || typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const kept = Object.entries(value).filter(([key, inner]) => {
    const member = Object.hasOwn(members, key) ? members[key] : undefined;
    return !(inner === null && member && membersOf(member));
  });
  return Object.fromEntries(
    kept.map(([key, inner]) => {
      const member = Object.hasOwn(members, key) ? members[key] : undefined;
      return [key, member ? withoutEmptyGroups(inner, member) : inner];
    }),
  );
}

function overlay(
  tree: Tree,
  leaves: readonly SettingLeaf[],
  env: Environment,
  flags: Readonly<Record<string, string | undefined>>,
  origins: Map<string, string>,
): void {
  for (const leaf of leaves) {
    const variable = leaf.meta.env === undefined ? undefined : env[leaf.meta.env];
    // Compose files hand unset variables on as empty text, so empty means unset.
    if (variable !== undefined && variable !== '') {
      setAt(tree, leaf.path, fromText(leaf.type, variable));
      origins.set(leaf.name, `environment ${leaf.meta.env}`);
    }
    const flag = leaf.meta.flag === undefined ? undefined : flags[leaf.meta.flag];
    if (flag !== undefined) {
      setAt(tree, leaf.path, fromText(leaf.type, flag));
      origins.set(leaf.name, `flag --${leaf.meta.flag}`);
    }
  }
}

function sentences(
  issue: z.core.$ZodIssue,
  tree: Tree,
  schema: z.ZodObject,
  foreign: ReadonlySet<string>,
  leaves: readonly SettingLeaf[],
  origins: ReadonlyMap<string, string>,
  file: YamlFile | undefined,
): string[] {
  if (issue.code === 'unrecognized_keys') {
    // At the top the sections of other roles are near too; so both roles say the same about the same line.
    const sections = issue.path.length === 0 ? foreign : [];
    const siblings = new Set([...Object.keys(groupAt(schema, issue.path) ?? {}), ...sections]);
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      return `${path.join('.')} (${file?.where(path) ?? 'file'}): is not a setting${hint(key, siblings)}`;
    });
  }
  const name = issue.path.join('.');
  const leaf = leaves.find((each) => name === each.name || name.startsWith(`${each.name}.`));
  const origin = (leaf && origins.get(leaf.name)) ?? file?.where(issue.path) ?? 'default';
  return [`${name} (${origin}): ${inWords(issue, valueAt(tree, issue.path), leaf?.meta.secret === true)}`];
}

function groupAt(schema: z.core.$ZodType, path: readonly PropertyKey[]) {
  let type: z.core.$ZodType | undefined = schema;
  for (const key of path) type = type && membersOf(type)?.[String(key)];
  return type && membersOf(type);
}

/** Adds the offset to every listening port, once. Two listeners on one port are found here rather than at bind time. */
function addOffset(config: Tree, leaves: readonly SettingLeaf[], origins: ReadonlyMap<string, string>): string[] {
  const offset = (config.portOffset as number | undefined) ?? 0;
  const problems: string[] = [];
  const takenBy = new Map<number, string>();
  for (const leaf of leaves.filter(isListeningPort)) {
    const port = valueAt(config, leaf.path);
    if (typeof port !== 'number') continue;
    const problem = portProblem(port, offset);
    if (problem) problems.push(`${leaf.name} (${origins.get(leaf.name)}): ${problem}`);
    const final = withOffset(port, offset);
    const other = takenBy.get(final);
    if (final !== 0 && other)
      problems.push(`${leaf.name} (${origins.get(leaf.name)}): is port ${port}, and so is ${other}`);
    takenBy.set(final, leaf.name);
    setAt(config, leaf.path, final);
  }
  return problems;
}

function valueAt(tree: unknown, path: readonly PropertyKey[]): unknown {
  let value = tree;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

function setAt(tree: Tree, path: readonly string[], value: unknown): void {
  const [key, ...rest] = path;
  if (key === undefined) return;
  if (rest.length === 0) {
    tree[key] = value;
    return;
  }
  const inner = tree[key];
  // A group that the file got wrong (a number, a list) is reported through its settings.
  const group = typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? (inner as Tree) : {};
  tree[key] = group;
  setAt(group, rest, value);
}
