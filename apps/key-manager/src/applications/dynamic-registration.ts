import { randomUUID } from 'node:crypto';
import type { Clock } from '../oauth2/ports.js';
import { Refusal } from '../refusal.js';
import { AlreadyExists } from '../storage/errors.js';
import { displayUserName, fullUserName, parseUserName } from '../users/user-name.js';
import type { ClientRegistration } from './application.js';
import type { ClientRegistry } from './application-store.js';
import { requireHarmless } from './client-facts.js';
import { newSecret, shownSecret } from './client-secrets.js';
import type { ClientCredentialSource } from './credentials.js';

export interface RegistrationRequest {
  readonly clientName: string;
  readonly owner: string | undefined;
  readonly callbackUrl: string;
  readonly grantTypes: readonly string[];
  readonly allTenants: boolean;
}

export interface RegisteredClient {
  readonly registration: ClientRegistration;
  /** Undefined when it cannot be shown again. */
  readonly secret: string | undefined;
}

/** Every user may register, so one user must not be able to fill the database. */
const mostPerOwner = 1_000;

/** WSO2 dynamic client registration: the same name for the same owner is the same client, with the same secret. */
export async function registerClient(
  ports: { clients: ClientRegistry; credentials: ClientCredentialSource; clock: Clock },
  caller: { readonly subject: string; readonly tenantDomain: string },
  request: RegistrationRequest,
): Promise<RegisteredClient> {
  requireOwnName(caller.subject, request.owner);
  requireHarmless(request.callbackUrl);
  const existing = await find(ports, caller.subject, request.clientName);
  if (existing) return existing;
  if ((await ports.clients.countRegistrations(caller.subject)) >= mostPerOwner) {
    throw new Refusal('forbidden', `A user registers ${mostPerOwner} clients at most`);
  }
  const now = ports.clock.now();
  const registration: ClientRegistration = {
    clientId: ports.credentials.newClientId(),
    tenantDomain: caller.tenantDomain,
    owner: caller.subject,
    name: request.clientName,
    keyMappingId: randomUUID(),
    keyType: 'PRODUCTION',
    mode: 'CREATED',
    grantTypes: request.grantTypes,
    callbackUrl: request.callbackUrl,
    confidential: true,
    active: true,
    allTenants: request.allTenants,
    lifetimes: {},
    additionalProperties: {},
    metadata: {},
    createdAt: now,
  };
  const { secret, value } = newSecret(ports.credentials, now);
  try {
    await ports.clients.registerClient(registration, secret);
  } catch (error) {
    // Two registrations of one name at once: the second gets what the first made.
    const other = error instanceof AlreadyExists ? await find(ports, caller.subject, request.clientName) : undefined;
    if (other) return other;
    throw error;
  }
  return { registration, secret: value };
}

async function find(
  { clients, credentials }: { clients: ClientRegistry; credentials: ClientCredentialSource },
  owner: string,
  name: string,
): Promise<RegisteredClient | undefined> {
  const registration = await clients.findRegistrationByName(owner, name);
  return registration && { registration, secret: await shownSecret(clients, credentials, registration.clientId) };
}

/** WSO2: nobody registers a client for somebody else. */
function requireOwnName(subject: string, owner: string | undefined): void {
  if (owner === undefined || owner === '') return;
  const named = fullUserName(parseUserName(owner));
  if (named.toLowerCase() === subject.toLowerCase()) return;
  throw new Refusal(
    'invalid',
    `Logged in user '${displayUserName(subject)}' and application owner '${owner}' should be same.`,
  );
}
