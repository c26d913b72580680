import { Refusal } from '../refusal.js';
import type { ClientSecret } from './application.js';
import { newSecret } from './client-secrets.js';
import type { AdditionalProperties } from './key-properties.js';
import type { ConsumerKey, KeyPorts } from './keys.js';

/** Each of them is compared with every request, and each is one more that can leak. */
const mostSecrets = 10;
const longestSeconds = 3_155_760_000;

export interface ShownSecret {
  readonly secret: ClientSecret;
  /** In full when it was just made, else masked. */
  readonly value: string;
}

/** WSO2: generate-secret. The others stay good, so that clients can be moved to the new one at leisure. */
export async function generateSecret(
  ports: KeyPorts,
  { registration }: ConsumerKey,
  properties: AdditionalProperties,
): Promise<ShownSecret> {
  const now = ports.clock.now();
  const { secret, value } = newSecret(ports.credentials, now);
  const ending = { ...secret, description: descriptionOf(properties), expiresAt: expiryOf(properties, now) };
  if (!(await ports.clients.addSecret(registration.clientId, ending, mostSecrets))) {
    throw new Refusal('secret_limit', `A consumer key has ${mostSecrets} secrets at most`);
  }
  return { secret: ending, value };
}

/** WSO2: every secret that is live; the values are for whoever got them when they were made. */
export async function listSecrets(ports: KeyPorts, { registration }: ConsumerKey): Promise<ShownSecret[]> {
  const secrets = await ports.clients.listSecrets(registration.clientId);
  return secrets.map((secret) => ({ secret, value: masked(ports, secret) }));
}

/** WSO2: revoke-secret. The others keep working. */
export async function revokeSecret(ports: KeyPorts, { registration }: ConsumerKey, secretId: string): Promise<void> {
  if (await ports.clients.deleteSecret(registration.clientId, secretId)) return;
  throw new Refusal('secret_not_found', 'The consumer key has no such secret');
}

/** The last four of forty characters are enough to recognise it and too few to guess it. */
function masked({ credentials }: KeyPorts, { id, derived }: ClientSecret): string {
  return `********${derived ? credentials.clientSecret(id).slice(-4) : ''}`;
}

function descriptionOf({ description }: AdditionalProperties): string | undefined {
  if (description === undefined || description === null || description === '') return undefined;
  if (typeof description === 'string' && description.length <= 255) return description;
  throw new Refusal('invalid', 'additionalProperties.description is a text of 255 characters at most');
}

/** WSO2: `expiresIn`, seconds as a number or as text; absent, empty and -1 mean never. */
function expiryOf({ expiresIn }: AdditionalProperties, now: number): number | undefined {
  if (expiresIn === undefined || expiresIn === null || expiresIn === '' || Number(expiresIn) === -1) return undefined;
  const seconds = typeof expiresIn === 'string' ? Number(expiresIn) : expiresIn;
  if (typeof seconds === 'number' && Number.isInteger(seconds) && seconds > 0 && seconds <= longestSeconds) {
    return now + seconds * 1_000;
  }
  throw new Refusal('invalid', 'additionalProperties.expiresIn is a whole number of seconds, or -1 for never');
}
