import { EntitySchema } from 'typeorm';
import type { OperationPolicy } from '../../../apis/operation-policies/operation-policy.js';
import { json, long, text } from './columns.js';

/** What nothing is looked up by. */
export type OperationPolicyBody = Omit<OperationPolicy, 'id' | 'tenantDomain' | 'name' | 'version' | 'createdAt'>;

export interface OperationPolicyRow {
  id: string;
  tenantDomain: string;
  name: string;
  version: string;
  body: OperationPolicyBody;
  createdAt: number;
}

export const operationPolicyEntity = new EntitySchema<OperationPolicyRow>({
  name: 'operation_policy',
  tableName: 'operation_policies',
  columns: {
    id: text({ primary: true }),
    tenantDomain: text(),
    name: text(),
    version: text(),
    body: json(),
    createdAt: long(),
  },
});
