import { EntitySchema } from 'typeorm';
import type { PolicyLevel } from '../../../policies/policy.js';
import { flag, json, long, text } from './columns.js';

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

export interface PolicyRow {
  id: string;
  tenantDomain: string;
  level: PolicyLevel;
  name: string;
  displayName: string;
  description: string;
  quota: { requestCount: number; unitTime: number; timeUnit: string } | null;
  stopOnQuotaReach: boolean;
  billingPlan: 'FREE' | 'COMMERCIAL';
}

export const policyEntity = new EntitySchema<PolicyRow>({
  name: 'throttling_policy',
  tableName: 'throttling_policies',
  columns: {
    id: text({ primary: true }),
    tenantDomain: text(),
    level: text(),
    name: text(),
    displayName: text(),
    description: text(),
    quota: json({ nullable: true }),
    stopOnQuotaReach: flag(),
    billingPlan: text(),
  },
});
