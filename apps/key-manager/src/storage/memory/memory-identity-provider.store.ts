import type { IdentityProvider } from '../../identity-providers/identity-provider.js';
import type { IdentityProviderStore } from '../../identity-providers/identity-provider-store.js';
import { AlreadyExists } from '../errors.js';
import { assertStorable } from '../storable.js';
import { inOrder, type MemoryDatabase } from './memory-database.js';

export class MemoryIdentityProviderStore implements IdentityProviderStore {
  constructor(private readonly db: MemoryDatabase) {}

  async createProvider(provider: IdentityProvider): Promise<void> {
    assertStorable(provider);
    this.#assertFree(provider);
    this.db.identityProviders.set(provider.id, structuredClone(provider));
  }

  async updateProvider(provider: IdentityProvider): Promise<boolean> {
    assertStorable(provider);
    const before = await this.findProvider(provider.tenantDomain, provider.id);
    if (!before) return false;
    this.#assertFree(provider);
    this.db.identityProviders.set(provider.id, { ...structuredClone(provider), createdAt: before.createdAt });
    return true;
  }

  async deleteProvider(tenantDomain: string, id: string): Promise<boolean> {
    return (await this.findProvider(tenantDomain, id)) !== undefined && this.db.identityProviders.delete(id);
  }

  async findProvider(tenantDomain: string, id: string): Promise<IdentityProvider | undefined> {
    return this.#ofTenant(tenantDomain).find((provider) => provider.id === id);
  }

  async listProviders(tenantDomain: string): Promise<IdentityProvider[]> {
    return this.#ofTenant(tenantDomain).sort((a, b) => inOrder(a.name, b.name));
  }

  async findByIssuer(tenantDomain: string, issuer: string): Promise<IdentityProvider | undefined> {
    return this.#ofTenant(tenantDomain).find((provider) => provider.enabled && provider.issuer === issuer);
  }

  async findBySamlEntity(tenantDomain: string, entityId: string): Promise<IdentityProvider | undefined> {
    return this.#ofTenant(tenantDomain).find(({ enabled, saml }) => enabled && saml?.entityId === entityId);
  }

  #ofTenant(tenantDomain: string): IdentityProvider[] {
    return [...this.db.identityProviders.values()].filter((provider) => provider.tenantDomain === tenantDomain);
  }

  #assertFree({ id, tenantDomain, name, issuer, saml }: IdentityProvider): void {
    const taken = this.#ofTenant(tenantDomain).some(
      (other) =>
        other.id !== id &&
        (other.name === name ||
          other.issuer === issuer ||
          (saml !== undefined && other.saml?.entityId === saml.entityId)),
    );
    if (taken) throw new AlreadyExists(`identity provider ${name}`);
  }
}
