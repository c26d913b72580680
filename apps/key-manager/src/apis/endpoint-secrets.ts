import { Refusal } from '../refusal.js';
import type { EndpointConfig } from './api.js';
import { isSealed, type SecretBox, UnreadableSecret } from './secret-box.js';

/** Members of `endpointConfig`, at any depth, that are written and never read back (WSO2). */
const secretNames: ReadonlySet<string> = new Set([
  'password',
  'clientSecret',
  'apiKeyValue',
  'amznSecretKey',
  'secretKey',
  'proxyPassword',
]);

/** What may be shown: every secret is an empty string. */
export function blankSecrets(config: EndpointConfig | null | undefined): EndpointConfig | null {
  return config ? (withSecrets(config, () => '') as EndpointConfig) : null;
}

/**
 * What may be stored: every secret is sealed. An empty secret means that the stored one stays, so that what was read can
 * be written back. Throws `Refusal` for a stored one that this server key does not open.
 */
export function sealSecrets(
  given: EndpointConfig | null | undefined,
  stored: EndpointConfig | null | undefined,
  box: SecretBox,
  apiId: string,
): EndpointConfig | null {
  if (!given) return null;
  const sealed = (value: unknown, path: readonly string[]) => {
    const before = valueAt(stored, path);
    // A change that leaves the configuration out is laid over the stored one, which then comes back as it is.
    const isKept = !value || (isSealed(before) && value === before);
    if (!isKept) return box.seal(String(value), apiId);
    if (!before) return '';
    return isSealed(before) ? readable(before, path, box, apiId) : box.seal(String(before), apiId);
  };
  return withSecrets(given, sealed) as EndpointConfig;
}

/** Noticed while somebody is there who knows the secret, and not at the first call of the API. */
function readable(sealed: string, path: readonly string[], box: SecretBox, apiId: string): string {
  try {
    box.open(sealed, apiId);
  } catch (error) {
    if (!(error instanceof UnreadableSecret)) throw error;
    const member = ['endpointConfig', ...path].join('.');
    throw new Refusal('invalid', `The stored ${member} cannot be kept, since it ${error.message}: send it again`);
  }
  return sealed;
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
