import { EntitySchema } from 'typeorm';
import type { ClientCertificate, EndpointCertificate } from '../../../certificates/certificate.js';
import { long, text } from './columns.js';

export type ClientCertificateRow = Omit<ClientCertificate, 'keyType'> & {
  keyType: NonNullable<ClientCertificate['keyType']> | null;
};

export const clientCertificateEntity = new EntitySchema<ClientCertificateRow>({
  name: 'client_certificate',
  tableName: 'client_certificates',
  columns: {
    apiId: text({ primary: true }),
    alias: text({ primary: true }),
    tenantDomain: text(),
    pem: text(),
    tier: text(),
    keyType: text({ nullable: true }),
    createdAt: long(),
  },
});

export const endpointCertificateEntity = new EntitySchema<EndpointCertificate>({
  name: 'endpoint_certificate',
  tableName: 'endpoint_certificates',
  columns: {
    tenantDomain: text({ primary: true }),
    alias: text({ primary: true }),
    endpoint: text(),
    pem: text(),
    createdAt: long(),
  },
});
