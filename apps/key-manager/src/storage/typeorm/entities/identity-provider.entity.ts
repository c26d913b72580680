import { EntitySchema } from 'typeorm';
import { flag, json, long, text } from './columns.js';

export interface IdentityProviderRow {
  id: string;
  tenantDomain: string;
  name: string;
  issuer: string;
  samlEntityId: string | null;
  enabled: boolean;
  /** What nothing is looked up by. */
  body: Record<string, unknown>;
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
