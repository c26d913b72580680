import { EntitySchema } from 'typeorm';
import type { IdentityProvider } from '../../../identity-providers/identity-provider.js';
import { flag, json, long, text } from './columns.js';

/** What nothing is looked up by. */
export type IdentityProviderBody = Omit<
  IdentityProvider,
  'id' | 'tenantDomain' | 'name' | 'issuer' | 'enabled' | 'createdAt'
>;

export interface IdentityProviderRow {
  id: string;
  tenantDomain: string;
  name: string;
  issuer: string;
  samlEntityId: string | null;
  enabled: boolean;
  body: IdentityProviderBody;
  createdAt: number;
}

export const identityProviderEntity = new EntitySchema<IdentityProviderRow>({
  name: 'identity_provider',
  tableName: 'identity_providers',
  columns: {
    id: text({ primary: true }),
    tenantDomain: text(),
    name: text(),
    issuer: text(),
    samlEntityId: text({ nullable: true }),
    enabled: flag(),
    body: json(),
    createdAt: long(),
  },
});
