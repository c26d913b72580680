import { EntitySchema } from 'typeorm';
import type { ForeignConsumerKey, ForeignKeyManager } from '../../../key-managers/key-manager.js';
import { flag, json, long, text } from './columns.js';

export const keyManagerEntity = new EntitySchema<ForeignKeyManager>({
  name: 'key_manager',
  tableName: 'key_managers',
  columns: {
    id: text({ primary: true }),
    tenantDomain: text(),
    name: text(),
    type: text(),
    enabled: flag(),
    issuer: text(),
    tokenType: text(),
    body: json(),
    createdAt: long(),
  },
});

export type ForeignConsumerKeyRow = Omit<ForeignConsumerKey, 'keyManagerName'>;

export const foreignConsumerKeyEntity = new EntitySchema<ForeignConsumerKeyRow>({
  name: 'foreign_consumer_key',
  tableName: 'foreign_consumer_keys',
  columns: {
    keyMappingId: text({ primary: true }),
    tenantDomain: text(),
    applicationId: text(),
    keyManagerId: text(),
    consumerKey: text(),
    keyType: text(),
    createdAt: long(),
  },
});
