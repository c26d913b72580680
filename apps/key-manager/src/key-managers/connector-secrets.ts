import { isSealed, type SecretBox } from '../apis/secret-box.js';
import { Refusal } from '../refusal.js';

type Properties = Readonly<Record<string, unknown>>;

/**
 * Members of `additionalProperties` that are written and never read back. WSO2: client_secret, Password, password, apiKey;
 * a connector's further ones are named like them.
 */
const isSecret = (name: string) => /(secret|password|api_?key|private_?key)$/i.test(name);

/** What WSO2 shows in their place, and takes back for "as it was". */
const mask = '*****';

export function maskSecrets(properties: Properties): Properties {
  return withSecrets(properties, () => mask);
}

/** What may be stored: every secret is sealed under the key manager's id. Throws `Refusal`. */
export function sealConnectorSecrets(
  given: Properties,
  stored: Properties,
  box: SecretBox,
  keyManagerId: string,
): Properties {
  return withSecrets(given, (value, name) => {
    if (typeof value !== 'string') throw new Refusal('invalid', `additionalProperties.${name} is a text`);
    if (value !== mask) return box.seal(value, keyManagerId);
    const before = stored[name];
    if (!isSealed(before)) throw new Refusal('invalid', `additionalProperties.${name} was not set before: send it`);
    return before;
  });
}

function withSecrets(properties: Properties, replace: (value: unknown, name: string) => unknown): Properties {
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [
      name,
      isSecret(name) && value !== null ? replace(value, name) : value,
    ]),
  );
}
