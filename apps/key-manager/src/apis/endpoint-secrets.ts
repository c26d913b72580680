import type { EndpointConfig } from './api.js';

/** Members of `endpointConfig`, at any depth, that are written and never read back (WSO2). */
const secretNames: ReadonlySet<string> = new Set(['password', 'clientSecret', 'apiKeyValue', 'amznSecretKey']);

/** What may be shown: every secret is an empty string. */
export function blankSecrets(config: EndpointConfig | null | undefined): EndpointConfig | null {
  return config ? (withSecrets(config, () => '') as EndpointConfig) : null;
}

/** An empty secret means that the stored one stays, so that what was read can be written back. */
export function keepSecrets(
  given: EndpointConfig | null | undefined,
  stored: EndpointConfig | null | undefined,
): EndpointConfig | null {
  if (!given) return null;
  return withSecrets(given, (value, path) => value || (valueAt(stored, path) ?? '')) as EndpointConfig;
}

type Replace = (value: unknown, path: readonly string[]) => unknown;

function withSecrets(node: unknown, replace: Replace, path: readonly string[] = []): unknown {
  if (Array.isArray(node)) return node.map((item, index) => withSecrets(item, replace, [...path, String(index)]));
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([name, value]) => {
      const here = [...path, name];
      const isSecret = secretNames.has(name) && (typeof value !== 'object' || value === null);
      return [name, isSecret ? replace(value, here) : withSecrets(value, replace, here)];
    }),
  );
}

function valueAt(node: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (at, name) =>
      typeof at === 'object' && at !== null && Object.hasOwn(at, name)
        ? (at as Record<string, unknown>)[name]
        : undefined,
    node,
  );
}
