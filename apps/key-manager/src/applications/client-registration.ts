import { randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import type { AuditLog, Clock } from '../oauth2/ports.js';
import { type RequestedClient, readClientMetadata } from '../oauth2/registration/client-metadata.js';
import { invalidMetadata } from '../oauth2/registration/registration-refusal.js';
import { sha256 } from '../oauth2/token-hash.js';
import { Refusal } from '../refusal.js';
import type { ClientRegistration } from './application.js';
import type { ClientRegistry } from './application-store.js';
import { newSecret, shownSecret } from './client-secrets.js';
import type { ClientCredentialSource } from './credentials.js';

export interface ClientRegistrationPorts {
  readonly clients: ClientRegistry;
  readonly credentials: ClientCredentialSource;
  readonly auditLog: AuditLog;
  readonly clock: Clock;
  /** The grants that are enabled. */
  readonly grantTypes: readonly string[];
}

/** Who registers; with open registration nobody that is known. */
export interface Registrant {
  readonly subject: string;
  readonly tenantDomain: string;
  readonly clientAddress: string;
  readonly isKnown: boolean;
}

/** A client with the secrets that its owner is shown. */
export interface ManagedClient {
  readonly registration: ClientRegistration;
  readonly secret: string | undefined;
  /** Only when it was just made: only its hash is stored. */
  readonly registrationToken?: string | undefined;
}

/** No user can have this name, so the client has nobody's roles. */
export const openRegistrant = { subject: 'urn:open-registration@carbon.super', tenantDomain: 'carbon.super' } as const;

const mostPerOwner = 1_000;
/** What a stranger's client may do: nothing without a user who agrees. */
const openGrantTypes = ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'];

/** RFC 7591 §3. Throws `RegistrationRefusal`. */
export async function registerByMetadata(
  ports: ClientRegistrationPorts,
  registrant: Registrant,
  body: unknown,
): Promise<ManagedClient> {
  const wanted = readClientMetadata(body, { grantTypes: grantTypesFor(ports, registrant.isKnown) });
  if ((await ports.clients.countRegistrations(registrant.subject)) >= mostPerOwner) {
    throw new Refusal('forbidden', 'No more clients can be registered');
  }
  const clientId = ports.credentials.newClientId();
  const { token, hash } = newRegistrationToken();
  const createdAt = ports.clock.now();
  const registration: ClientRegistration = {
    clientId,
    tenantDomain: registrant.tenantDomain,
    owner: registrant.subject,
    keyMappingId: randomUUID(),
    keyType: 'PRODUCTION',
    mode: 'CREATED',
    callbackUrl: '',
    active: true,
    allTenants: false,
    lifetimes: {},
    additionalProperties: {},
    registrationTokenHash: hash,
    createdAt,
    ...registered(wanted, clientId),
  };
  const made = hasSecret(wanted) ? newSecret(ports.credentials, createdAt) : undefined;
  await ports.clients.registerClient(registration, made?.secret);
  await record(ports, 'client.registered', registration, registrant.subject, registrant.clientAddress);
  return { registration, secret: made?.value, registrationToken: token };
}

/** The client that a registration access token manages (RFC 7592 §2.1); undefined for any other client or token. */
export async function findManaged(
  { clients }: Pick<ClientRegistrationPorts, 'clients'>,
  clientId: string,
  token: string,
): Promise<ClientRegistration | undefined> {
  const found = await clients.findRegistration(clientId);
  const expected = Buffer.from(found?.registrationTokenHash ?? '', 'hex');
  const presented = sha256(token);
  const isRight = expected.length === presented.length && timingSafeEqual(expected, presented);
  return isRight && found?.active ? found : undefined;
}

/** RFC 7592 §2.1. */
export async function showManaged(
  { clients, credentials }: ClientRegistrationPorts,
  registration: ClientRegistration,
): Promise<ManagedClient> {
  return { registration, secret: await shownSecret(clients, credentials, registration.clientId) };
}

/** RFC 7592 §2.2: what is not sent is deleted. The token that managed it until now is no good any more. */
export async function updateManaged(
  ports: ClientRegistrationPorts,
  registration: ClientRegistration,
  body: Readonly<Record<string, unknown>>,
  clientAddress: string,
): Promise<ManagedClient> {
  const { clients, credentials } = ports;
  const { clientId } = registration;
  const current = await shownSecret(clients, credentials, clientId);
  checkUnchangeable(body, clientId, current);
  const wanted = readClientMetadata(body, { grantTypes: grantTypesFor(ports, !isOpen(registration)) });
  const { token, hash } = newRegistrationToken();
  const change = { ...registered(wanted, clientId), registrationTokenHash: hash };
  const changed = await clients.updateRegistration(clientId, change);
  const secret = await fitSecrets(ports, wanted, clientId, current);
  await record(ports, 'client.changed', registration, clientId, clientAddress);
  return { registration: changed, secret, registrationToken: token };
}

/** RFC 7592 §2.3: the client, its secrets and its tokens. */
export async function deleteManaged(
  ports: ClientRegistrationPorts,
  registration: ClientRegistration,
  clientAddress: string,
): Promise<void> {
  await ports.clients.deleteRegistration(registration.clientId);
  await record(ports, 'client.deleted', registration, registration.clientId, clientAddress);
}

function grantTypesFor({ grantTypes }: ClientRegistrationPorts, isKnown: boolean): readonly string[] {
  return isKnown ? grantTypes : grantTypes.filter((name) => openGrantTypes.includes(name));
}

const isOpen = ({ owner }: ClientRegistration) => owner === openRegistrant.subject;

function hasSecret({ metadata }: RequestedClient): boolean {
  return metadata.tokenEndpointAuthMethod.startsWith('client_secret_');
}

function registered({ name, grantTypes, metadata }: RequestedClient, clientId: string) {
  const confidential = metadata.tokenEndpointAuthMethod !== 'none';
  return { name: name ?? clientId, grantTypes, metadata, confidential };
}

function newRegistrationToken(): { token: string; hash: string } {
  const token = randomBytes(32).toString('base64url');
  return { token, hash: sha256(token).toString('hex') };
}

/** RFC 7592 §2.2: whose client it is stays, and a secret is made by us alone. */
function checkUnchangeable(
  body: Readonly<Record<string, unknown>>,
  clientId: string,
  secret: string | undefined,
): void {
  const forbidden = [
    'registration_access_token',
    'registration_client_uri',
    'client_secret_expires_at',
    'client_id_issued_at',
  ];
  const sent = forbidden.filter((name) => body[name] !== undefined);
  if (sent.length > 0) throw invalidMetadata(`Must not be sent: ${sent.join(', ')}.`);
  if (body.client_id !== clientId) throw invalidMetadata('client_id is missing or names another client.');
  if (body.client_secret !== undefined && body.client_secret !== secret) {
    throw invalidMetadata('client_secret is not the one of this client.');
  }
}

/** A client that now proves itself by a key must not be open to its old secret, and the other way round it needs one. */
async function fitSecrets(
  { clients, credentials, clock }: ClientRegistrationPorts,
  wanted: RequestedClient,
  clientId: string,
  current: string | undefined,
): Promise<string | undefined> {
  if (hasSecret(wanted)) {
    if (current !== undefined) return current;
    const { secret, value } = newSecret(credentials, clock.now());
    await clients.replaceSecrets(clientId, secret);
    return value;
  }
  for (const { id } of await clients.listSecrets(clientId)) await clients.deleteSecret(clientId, id);
  return undefined;
}

async function record(
  { auditLog }: ClientRegistrationPorts,
  action: string,
  { clientId, tenantDomain }: ClientRegistration,
  actor: string,
  clientAddress: string,
): Promise<void> {
  await auditLog.record({ tenantDomain, actor, action, target: clientId, clientAddress });
}
