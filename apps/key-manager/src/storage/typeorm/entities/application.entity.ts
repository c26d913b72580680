import { EntitySchema } from 'typeorm';
import type { Application, ClientRegistration } from '../../../applications/application.js';
import { bytes, flag, json, long, text } from './columns.js';

export type ApplicationRow = Application & { nameKey: string };

export const applicationEntity = new EntitySchema<ApplicationRow>({
  name: 'application',
  tableName: 'applications',
  columns: {
    id: text({ primary: true }),
    tenantDomain: text(),
    owner: text(),
    name: text(),
    nameKey: text(),
    throttlingPolicy: text(),
    description: text(),
    tokenType: text(),
    groups: json(),
    attributes: json(),
    visibility: text(),
    status: text(),
    createdAt: long(),
    updatedAt: long(),
  },
});

export type ClientRow = Omit<ClientRegistration, 'applicationId' | 'registrationTokenHash'> & {
  applicationId: string | null;
  registrationTokenHash: string | null;
  tokenEpoch: number;
};

export const clientEntity = new EntitySchema<ClientRow>({
  name: 'oauth_client',
  tableName: 'oauth_clients',
  columns: {
    clientId: text({ primary: true }),
    tenantDomain: text(),
    owner: text(),
    name: text(),
    applicationId: text({ nullable: true }),
    keyMappingId: text(),
    keyType: text(),
    mode: text(),
    grantTypes: json(),
    callbackUrl: text(),
    confidential: flag(),
    active: flag(),
    allTenants: flag(),
    lifetimes: json(),
    additionalProperties: json(),
    metadata: json(),
    registrationTokenHash: text({ nullable: true }),
    tokenEpoch: long(),
    createdAt: long(),
  },
});

export interface ClientSecretRow {
  id: string;
  clientId: string;
  tenantDomain: string;
  hash: Buffer;
  derived: boolean;
  createdAt: number;
  expiresAt: number | null;
  description: string | null;
}

export const clientSecretEntity = new EntitySchema<ClientSecretRow>({
  name: 'client_secret',
  tableName: 'client_secrets',
  columns: {
    id: text({ primary: true }),
    clientId: text(),
    tenantDomain: text(),
    hash: bytes(),
    derived: flag(),
    createdAt: long(),
    expiresAt: long({ nullable: true }),
    description: text({ nullable: true }),
  },
});
