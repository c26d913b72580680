import { EntitySchema } from 'typeorm';
import type { Api, Deployment, LifeCycleStatus, Revision, SharedScope } from '../../../apis/api.js';
import { flag, integer, json, long, text } from './columns.js';

export type ApiRow = Api & { nameKey: string; lastRevision: number };

export const apiEntity = new EntitySchema<ApiRow>({
  name: 'api',
  tableName: 'apis',
  columns: {
    id: text({ primary: true }),
    tenantDomain: text(),
    provider: text(),
    name: text(),
    nameKey: text(),
    version: text(),
    context: text(),
    lifeCycleStatus: text(),
    isDefaultVersion: flag(),
    body: json(),
    lastRevision: integer(),
    createdAt: long(),
    updatedAt: long(),
  },
});

export interface ApiScopeRow {
  apiId: string;
  name: string;
  tenantDomain: string;
  apiNameKey: string;
  bindings: readonly string[];
  registeredAt: number;
  changedAt: number;
}

export const apiScopeEntity = new EntitySchema<ApiScopeRow>({
  name: 'api_scope',
  tableName: 'api_scopes',
  columns: {
    apiId: text({ primary: true }),
    name: text({ primary: true }),
    tenantDomain: text(),
    apiNameKey: text(),
    bindings: json(),
    registeredAt: long(),
    changedAt: long(),
  },
});

export interface LifecycleRow {
  id: number;
  apiId: string;
  tenantDomain: string;
  previousState: LifeCycleStatus | null;
  postState: LifeCycleStatus;
  userName: string;
  at: number;
}

export const lifecycleEntity = new EntitySchema<LifecycleRow>({
  name: 'api_lifecycle_event',
  tableName: 'api_lifecycle_events',
  columns: {
    id: long({ primary: true, generated: true }),
    apiId: text(),
    tenantDomain: text(),
    previousState: text({ nullable: true }),
    postState: text(),
    userName: text(),
    at: long(),
  },
});

export type RevisionRow = Revision & { tenantDomain: string };

export const revisionEntity = new EntitySchema<RevisionRow>({
  name: 'api_revision',
  tableName: 'api_revisions',
  columns: {
    id: text({ primary: true }),
    apiId: text(),
    tenantDomain: text(),
    number: integer(),
    description: text(),
    body: json(),
    createdAt: long(),
  },
});

export type DeploymentRow = Deployment & { tenantDomain: string };

export const deploymentEntity = new EntitySchema<DeploymentRow>({
  name: 'api_deployment',
  tableName: 'api_deployments',
  columns: {
    apiId: text({ primary: true }),
    environment: text({ primary: true }),
    tenantDomain: text(),
    vhost: text(),
    revisionId: text(),
    displayOnDevportal: flag(),
    deployedAt: long(),
  },
});

export const sharedScopeEntity = new EntitySchema<SharedScope>({
  name: 'shared_scope',
  tableName: 'shared_scopes',
  columns: {
    id: text({ primary: true }),
    tenantDomain: text(),
    name: text(),
    displayName: text(),
    description: text(),
    bindings: json(),
  },
});
