import { EntitySchema } from 'typeorm';
import type { DenyConditionType } from '../../../policies/deny-rule.js';
import type { PolicyLevel } from '../../../policies/policy.js';
import { flag, json, long, text } from './columns.js';

export interface PolicyRow {
  id: string;
  tenantDomain: string;
  level: PolicyLevel;
  name: string;
  displayName: string;
  description: string;
  /** The members that its level has. */
  body: object;
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
    body: json(),
  },
});

export interface DenyRuleRow {
  id: string;
  tenantDomain: string;
  conditionType: DenyConditionType;
  /** What two rules for the same have in common. */
  conditionKey: string;
  conditionValue: unknown;
  enabled: boolean;
  createdAt: number;
}

export const denyRuleEntity = new EntitySchema<DenyRuleRow>({
  name: 'deny_rule',
  tableName: 'deny_rules',
  columns: {
    id: text({ primary: true }),
    tenantDomain: text(),
    conditionType: text(),
    conditionKey: text(),
    conditionValue: json(),
    enabled: flag(),
    createdAt: long(),
  },
});

export interface TenantConfigRow {
  tenantDomain: string;
  document: string;
}

export const tenantConfigEntity = new EntitySchema<TenantConfigRow>({
  name: 'tenant_config',
  tableName: 'tenant_configs',
  columns: { tenantDomain: text({ primary: true }), document: text() },
});
