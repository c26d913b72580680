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
    const live = secrets.filter((secret) => this.#isLive(secret));
    const ends = live.map(({ expiresAt }) => expiresAt).filter((end) => end !== undefined);
    return {
      ...toClient(registration, tokenType),
      secretHashes: live.map(({ hash }) => hash),
      ...(ends.length > 0 ? { secretsLiveUntil: Math.min(...ends) } : {}),
    };
  }

  async registerClient(registration: ClientRegistration, secret: ClientSecret | undefined): Promise<void> {
    assertStorable([registration, secret]);
    if (this.db.clients.has(registration.clientId)) throw new AlreadyExists(`client ${registration.clientId}`);
    this.#requireRoom(registration);
    const kept = structuredClone(registration);
    this.db.clients.set(registration.clientId, {
      registration: kept,
      secrets: secret ? [secret] : [],
      epoch: randomInt(2 ** 47),
    });
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
        registration.applicationId === undefined &&
        registration.registrationTokenHash === undefined &&
        registration.owner === owner &&
        registration.name === name,
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
    return (this.db.clients.get(clientId)?.secrets ?? []).filter((secret) => this.#isLive(secret));
  }

  async updateRegistration(clientId: string, change: RegistrationChange): Promise<ClientRegistration> {
    assertStorable(change);
    const client = this.#client(clientId);
    const before = client.registration;
    const after = { ...before, ...structuredClone(change) };
    this.#requireRoom(after);
    client.registration = after;
    this.db.appendCatalog('consumer_key', clientId);
    if (before.active && !client.registration.active) this.db.revokeClient(clientId, this.db.clock.now());
    return client.registration;
  }

  async replaceSecrets(clientId: string, secret: ClientSecret): Promise<void> {
    assertStorable(secret);
    this.#client(clientId).secrets = [secret];
  }

  async addSecret(clientId: string, secret: ClientSecret, most: number): Promise<boolean> {
    assertStorable(secret);
    const client = this.#client(clientId);
    if (client.secrets.filter((each) => this.#isLive(each)).length >= most) return false;
    client.secrets = [...client.secrets, secret];
    return true;
  }

  async deleteSecret(clientId: string, secretId: string): Promise<boolean> {
    const client = this.db.clients.get(clientId);
    if (!client?.secrets.some(({ id }) => id === secretId)) return false;
    client.secrets = client.secrets.filter(({ id }) => id !== secretId);
    return true;
  }

  async deleteRegistration(clientId: string): Promise<boolean> {
    if (!this.db.clients.has(clientId)) return false;
    this.db.revokeClient(clientId, this.db.clock.now());
    this.db.clients.delete(clientId);
    for (const [key, consent] of this.db.consents) if (consent.clientId === clientId) this.db.consents.delete(key);
    this.db.appendCatalog('consumer_key', clientId);
    return true;
  }

  #requireRoom(registration: ClientRegistration): void {
    const { clientId, applicationId } = registration;
    if (applicationId !== undefined && !this.db.applications.has(applicationId)) {
      throw new NotFound(`application ${applicationId}`);
    }
    const others = this.#registrations().filter((other) => other.clientId !== clientId);
    if (others.some((other) => clashes(other, registration))) throw new AlreadyExists(`client ${clientId}`);
  }

  #isLive({ expiresAt }: ClientSecret): boolean {
    return expiresAt === undefined || expiresAt > this.db.clock.now();
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
  if (one.keyMappingId === other.keyMappingId) return true;
  if (one.applicationId !== other.applicationId) return false;
  if (one.applicationId !== undefined) return one.keyType === other.keyType;
  const isKnownByName = [one, other].every(({ registrationTokenHash }) => registrationTokenHash === undefined);
  return isKnownByName && one.owner === other.owner && one.name === other.name;
}
