import { randomUUID } from 'node:crypto';
import type { KeyType } from '../oauth2/model.js';
import type { Clock } from '../oauth2/ports.js';
import { Refusal } from '../refusal.js';
import { AlreadyExists } from '../storage/errors.js';
import { parseUserName } from '../users/user-name.js';
import type { Application, ClientRegistration } from './application.js';
import type { ClientRegistry } from './application-store.js';
import { requireHarmless } from './client-facts.js';
import { newSecret, shownSecret } from './client-secrets.js';
import type { ClientCredentialSource } from './credentials.js';
import { type AdditionalProperties, isPublicClient, lifetimesOf } from './key-properties.js';

export interface KeyPorts {
  readonly clients: ClientRegistry;
  readonly credentials: ClientCredentialSource;
  readonly clock: Clock;
}

export interface KeyFacts {
  readonly grantTypes: readonly string[];
  readonly callbackUrl: string;
  readonly additionalProperties: AdditionalProperties;
}

/** A consumer key with its secret, which is undefined when it cannot be shown again. */
export interface ConsumerKey {
  readonly registration: ClientRegistration;
  readonly secret: string | undefined;
}

/** WSO2: generate-keys. One pair per application and key type. */
export async function generateKeys(
  ports: KeyPorts,
  application: Application,
  keyType: KeyType,
  facts: KeyFacts,
): Promise<ConsumerKey> {
  requireCallback(facts);
  const now = ports.clock.now();
  const clientId = ports.credentials.newClientId();
  const registration: ClientRegistration = {
    clientId,
    tenantDomain: application.tenantDomain,
    owner: application.owner,
    // WSO2: the name of the service provider, shown on the consent page.
    name: `${parseUserName(application.owner).username}_${application.id}_${keyType}`,
    applicationId: application.id,
    keyMappingId: randomUUID(),
    keyType,
    mode: 'CREATED',
    active: true,
    allTenants: false,
    metadata: {},
    createdAt: now,
    ...registered(facts),
  };
  const { secret, value } = newSecret(ports.credentials, now);
  try {
    await ports.clients.registerClient(registration, secret);
  } catch (error) {
    if (!(error instanceof AlreadyExists)) throw error;
    throw new Refusal('key_mapping_exists', `Key Mappings already exists for application ${application.name}`);
  }
  return { registration, secret: value };
}

export async function listKeys(ports: KeyPorts, application: Application): Promise<ConsumerKey[]> {
  const registrations = await ports.clients.listRegistrations(application.id);
  return Promise.all(registrations.map((registration) => withSecret(ports, registration)));
}

/** The consumer key, if it is one of the application's. */
export async function findKey(ports: KeyPorts, application: Application, keyMappingId: string): Promise<ConsumerKey> {
  // Among the application's own keys only, so that a foreign mapping id under an own application finds nothing.
  const own = await ports.clients.listRegistrations(application.id);
  const registration = own.find((key) => key.keyMappingId === keyMappingId);
  if (!registration) throw new Refusal('key_mapping_not_found', `Key Mapping with id ${keyMappingId} not found`);
  return withSecret(ports, registration);
}

/** Takes effect at the token endpoint with the next request. */
export async function updateKey(ports: KeyPorts, key: ConsumerKey, facts: KeyFacts): Promise<ConsumerKey> {
  requireCallback(facts);
  const registration = await ports.clients.updateRegistration(key.registration.clientId, registered(facts));
  return { registration, secret: key.secret };
}

/** The old secrets are dead when this resolves. */
export async function regenerateSecret(ports: KeyPorts, key: ConsumerKey): Promise<string> {
  const { secret, value } = newSecret(ports.credentials, ports.clock.now());
  await ports.clients.replaceSecrets(key.registration.clientId, secret);
  return value;
}

async function withSecret(ports: KeyPorts, registration: ClientRegistration): Promise<ConsumerKey> {
  return { registration, secret: await shownSecret(ports.clients, ports.credentials, registration.clientId) };
}

function registered({ grantTypes, callbackUrl, additionalProperties }: KeyFacts) {
  return {
    grantTypes,
    callbackUrl,
    additionalProperties,
    confidential: !isPublicClient(additionalProperties),
    lifetimes: lifetimesOf(additionalProperties),
  };
}

function requireCallback({ grantTypes, callbackUrl }: KeyFacts): void {
  requireHarmless(callbackUrl);
  const redirects = grantTypes.some((name) => name === 'authorization_code' || name === 'implicit');
  if (!redirects || callbackUrl.trim() !== '') return;
  throw new Refusal(
    'invalid',
    'The callback url must have at least one URI value when using Authorization code or implicit grant types.',
  );
}
