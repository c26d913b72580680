import { randomInt } from 'node:crypto';
import type { ClientRegistration, ClientSecret } from '../../applications/application.js';
import type { ClientRegistry } from '../../applications/application-store.js';
import { toClient } from '../../applications/client-facts.js';
import type { ClientWithSecrets } from '../../oauth2/model.js';
import type { ClientStore } from '../../oauth2/ports.js';
import { AlreadyExists, NotFound } from '../errors.js';
import { assertStorable } from '../storable.js';
import type { MemoryDatabase } from './memory-database.js';

type RegistrationChange = Parameters<ClientRegistry['updateRegistration']>[1];

export class MemoryClientStore implements ClientStore, ClientRegistry {
  constructor(private readonly db: MemoryDatabase) {}

  async findClient(clientId: string): Promise<ClientWithSecrets | undefined> {
    const client = this.db.clients.get(clientId);
    if (client === undefined) return undefined;
    const { registration, secrets } = client;
    const tokenType = this.db.applications.get(registration.applicationId ?? '')?.tokenType;
    return { ...toClient(registration, tokenType), secretHashes: secrets.map(({ hash }) => hash) };
  }

  async registerClient(registration: ClientRegistration, secret: ClientSecret): Promise<void> {
    assertStorable([registration, secret]);
    if (registration.applicationId !== undefined && !this.db.applications.has(registration.applicationId)) {
      throw new NotFound(`application ${registration.applicationId}`);
    }
    const taken = [...this.db.clients.values()].some(({ registration: other }) => clashes(other, registration));
    if (taken) throw new AlreadyExists(`client ${registration.clientId}`);
    const kept = structuredClone(registration);
    this.db.clients.set(registration.clientId, { registration: kept, secrets: [secret], epoch: randomInt(2 ** 47) });
    this.db.appendCatalog('consumer_key', registration.clientId);
  }

  async findRegistration(clientId: string): Promise<ClientRegistration | undefined> {
    return this.db.clients.get(clientId)?.registration;
  }

  async findKeyMapping(keyMappingId: string): Promise<ClientRegistration | undefined> {
    return this.#registrations().find((registration) => registration.keyMappingId === keyMappingId);
  }

  async findRegistrationByName(owner: string, name: string): Promise<ClientRegistration | undefined> {
    return this.#registrations().find(
      (registration) =>
        registration.applicationId === undefined && registration.owner === owner && registration.name === name,
    );
  }

  async countRegistrations(owner: string): Promise<number> {
    return this.#registrations().filter((each) => each.applicationId === undefined && each.owner === owner).length;
  }

  async listRegistrations(applicationId: string): Promise<ClientRegistration[]> {
    return this.#registrations()
      .filter((registration) => registration.applicationId === applicationId)
      .sort((a, b) => a.createdAt - b.createdAt);
  }

  async listSecrets(clientId: string): Promise<ClientSecret[]> {
    return [...(this.db.clients.get(clientId)?.secrets ?? [])];
  }

  async updateRegistration(clientId: string, change: RegistrationChange): Promise<ClientRegistration> {
    assertStorable(change);
    const client = this.#client(clientId);
    const before = client.registration;
    client.registration = { ...before, ...structuredClone(change) };
    this.db.appendCatalog('consumer_key', clientId);
    if (before.active && !client.registration.active) this.db.revokeClient(clientId, this.db.clock.now());
    return client.registration;
  }

  async replaceSecrets(clientId: string, secret: ClientSecret): Promise<void> {
    assertStorable(secret);
    this.#client(clientId).secrets = [secret];
  }

  async deleteRegistration(clientId: string): Promise<boolean> {
    if (!this.db.clients.has(clientId)) return false;
    this.db.revokeClient(clientId, this.db.clock.now());
    this.db.clients.delete(clientId);
    this.db.appendCatalog('consumer_key', clientId);
    return true;
  }

  #client(clientId: string) {
    const client = this.db.clients.get(clientId);
    if (client === undefined) throw new NotFound(`client ${clientId}`);
    return client;
  }

  #registrations(): ClientRegistration[] {
    return [...this.db.clients.values()].map(({ registration }) => registration);
  }
}

function clashes(one: ClientRegistration, other: ClientRegistration): boolean {
  if (one.clientId === other.clientId || one.keyMappingId === other.keyMappingId) return true;
  if (one.applicationId !== other.applicationId) return false;
  return one.applicationId === undefined
    ? one.owner === other.owner && one.name === other.name
    : one.keyType === other.keyType;
}
