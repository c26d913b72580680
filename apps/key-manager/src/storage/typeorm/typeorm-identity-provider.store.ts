import type { FindOptionsWhere } from 'typeorm';
import type { IdentityProvider } from '../../identity-providers/identity-provider.js';
import type { IdentityProviderStore } from '../../identity-providers/identity-provider-store.js';
import { assertStorable, isStorable } from '../storable.js';
import { type Database, unlessTaken } from './database.js';
import { type IdentityProviderRow, identityProviderEntity } from './entities/identity-provider.entity.js';

export class TypeOrmIdentityProviderStore implements IdentityProviderStore {
  constructor(private readonly db: Database) {}

  async createProvider(provider: IdentityProvider): Promise<void> {
    assertStorable(provider);
    const work = this.db.run((session) => session.table(identityProviderEntity).insert(toRow(provider)));
    await unlessTaken(`identity provider ${provider.name}`, work);
  }

  async updateProvider(provider: IdentityProvider): Promise<boolean> {
    assertStorable(provider);
    const { id, tenantDomain, createdAt: _, ...row } = toRow(provider);
    const work = this.db.run((session) => session.table(identityProviderEntity).update({ tenantDomain, id }, row));
    return (await unlessTaken(`identity provider ${provider.name}`, work)).affected === 1;
  }

  deleteProvider(tenantDomain: string, id: string): Promise<boolean> {
    return this.db.find(false, async (session) => {
      const { affected } = await session.table(identityProviderEntity).delete({ tenantDomain, id });
      return affected === 1;
    });
  }

  findProvider(tenantDomain: string, id: string): Promise<IdentityProvider | undefined> {
    return this.#findBy({ tenantDomain, id });
  }

  async listProviders(tenantDomain: string): Promise<IdentityProvider[]> {
    const order = { name: 'ASC' } as const;
    const rows = await this.db.find([], (session) =>
      session.table(identityProviderEntity).find({ where: { tenantDomain }, order }),
    );
    return rows.map(toProvider);
  }

  async findByIssuer(tenantDomain: string, issuer: string): Promise<IdentityProvider | undefined> {
    return isStorable(issuer) ? this.#findBy({ tenantDomain, issuer, enabled: true }) : undefined;
  }

  async findBySamlEntity(tenantDomain: string, entityId: string): Promise<IdentityProvider | undefined> {
    return isStorable(entityId) ? this.#findBy({ tenantDomain, samlEntityId: entityId, enabled: true }) : undefined;
  }

  async #findBy(by: FindOptionsWhere<IdentityProviderRow>): Promise<IdentityProvider | undefined> {
    const row = await this.db.find(null, (session) => session.table(identityProviderEntity).findOneBy(by));
    return row ? toProvider(row) : undefined;
  }
}

function toRow(provider: IdentityProvider): IdentityProviderRow {
  const { id, tenantDomain, name, issuer, enabled, createdAt, ...body } = provider;
  const samlEntityId = provider.saml?.entityId ?? null;
  return { id, tenantDomain, name, issuer, samlEntityId, enabled, body, createdAt };
}

function toProvider({ samlEntityId: _, body, ...row }: IdentityProviderRow): IdentityProvider {
  return { ...body, ...row };
}
