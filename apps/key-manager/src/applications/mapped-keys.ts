import { randomUUID, timingSafeEqual } from 'node:crypto';
import type { KeyType } from '../oauth2/model.js';
import { sha256 } from '../oauth2/token-hash.js';
import { Refusal } from '../refusal.js';
import { AlreadyExists } from '../storage/errors.js';
import type { Application, ClientRegistration } from './application.js';
import type { ConsumerKey, KeyPorts } from './keys.js';

export interface KeyToMap {
  readonly consumerKey: string;
  readonly consumerSecret: string | undefined;
  readonly keyType: KeyType;
}

const shortestSecret = 16;
const takenOver = /^[A-Za-z0-9._~-]{8,255}$/;
const importedGrantTypes = ['client_credentials', 'password', 'refresh_token'];

/**
 * WSO2: map-keys. Gives the application a client that is registered already, if the caller owns it, or takes over a pair
 * that was made elsewhere: so clients keep their credentials when they move here.
 */
export async function mapKeys(ports: KeyPorts, application: Application, key: KeyToMap): Promise<ConsumerKey> {
  const known = await ports.clients.findRegistration(key.consumerKey);
  try {
    return known ? await attach(ports, application, known, key) : await takeOver(ports, application, key);
  } catch (error) {
    if (!(error instanceof AlreadyExists)) throw error;
    throw new Refusal('key_mapping_exists', `Key Mappings already exists for application ${application.name}`);
  }
}

async function attach(
  { clients }: KeyPorts,
  application: Application,
  known: ClientRegistration,
  { consumerKey, consumerSecret, keyType }: KeyToMap,
): Promise<ConsumerKey> {
  const isFree = known.applicationId === undefined && known.owner === application.owner;
  // Whoever knows a consumer key, which is no secret, must not get hold of the client.
  const isOwn = isFree && (await hasSecret(clients, consumerKey, consumerSecret));
  if (!isOwn) throw new Refusal('invalid', 'The consumer key is taken, or its secret is wrong');
  const change = { applicationId: application.id, keyType, mode: 'MAPPED' } as const;
  return { registration: await clients.updateRegistration(consumerKey, change), secret: consumerSecret };
}

async function hasSecret(clients: KeyPorts['clients'], clientId: string, secret: string | undefined): Promise<boolean> {
  const presented = sha256(secret ?? '');
  const secrets = await clients.listSecrets(clientId);
  // A client that proves itself by a key has none to show; that the caller registered it has to do.
  if (secrets.length === 0) return secret === undefined || secret === '';
  return secret !== undefined && secrets.some(({ hash }) => timingSafeEqual(hash, presented));
}

async function takeOver(
  { clients, clock }: KeyPorts,
  application: Application,
  { consumerKey, consumerSecret, keyType }: KeyToMap,
): Promise<ConsumerKey> {
  if (!takenOver.test(consumerKey)) {
    throw new Refusal('invalid', 'consumerKey has 8 to 255 letters, digits and any of . _ ~ -');
  }
  // Kept as a plain hash, which a short secret would not survive.
  if (consumerSecret === undefined || consumerSecret.length < shortestSecret) {
    throw new Refusal('invalid', `consumerSecret has ${shortestSecret} characters at least`);
  }
  const createdAt = clock.now();
  const registration: ClientRegistration = {
    clientId: consumerKey,
    tenantDomain: application.tenantDomain,
    owner: application.owner,
    name: `${application.name}_${keyType}`,
    applicationId: application.id,
    keyMappingId: randomUUID(),
    keyType,
    mode: 'MAPPED',
    grantTypes: importedGrantTypes,
    callbackUrl: '',
    confidential: true,
    active: true,
    allTenants: false,
    lifetimes: {},
    additionalProperties: {},
    metadata: {},
    createdAt,
  };
  const secret = { id: randomUUID(), hash: sha256(consumerSecret), derived: false, createdAt };
  await clients.registerClient(registration, secret);
  return { registration, secret: consumerSecret };
}
