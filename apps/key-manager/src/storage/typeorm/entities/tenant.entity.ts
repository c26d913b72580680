import { EntitySchema } from 'typeorm';
import { flag, long, text } from './columns.js';

export interface TenantRow {
  domain: string;
  active: boolean;
  createdAt: number;
}

export const tenantEntity = new EntitySchema<TenantRow>({
  name: 'tenant',
  tableName: 'tenants',
  columns: { domain: text({ primary: true }), active: flag(), createdAt: long() },
});
