import { EntitySchema } from 'typeorm';
import type { SigningKeyState } from '../../ports.js';
import { bytes, json, long, text } from './columns.js';

export interface SigningKeyRow {
  kid: string;
  tenantDomain: string;
  alg: string;
  state: SigningKeyState;
  publicJwk: Record<string, unknown>;
  encryptedPrivateKey: Buffer;
  createdAt: number;
  activatedAt: number | null;
  retiredAt: number | null;
}

export const signingKeyEntity = new EntitySchema<SigningKeyRow>({
  name: 'signing_key',
  tableName: 'signing_keys',
  columns: {
    kid: text({ primary: true }),
    tenantDomain: text(),
    alg: text(),
    state: text(),
    publicJwk: json(),
    encryptedPrivateKey: bytes(),
    createdAt: long(),
    activatedAt: long({ nullable: true }),
    retiredAt: long({ nullable: true }),
  },
});

export interface AuditEventRow {
  id: number;
  tenantDomain: string;
  at: number;
  actor: string;
  action: string;
  target: string;
  clientAddress: string | null;
  detail: Record<string, string | number | boolean> | null;
}

export const auditEventEntity = new EntitySchema<AuditEventRow>({
  name: 'audit_event',
  tableName: 'audit_events',
  columns: {
    id: long({ primary: true, generated: true }),
    tenantDomain: text(),
    at: long(),
    actor: text(),
    action: text(),
    target: text(),
    clientAddress: text({ nullable: true }),
    detail: json({ nullable: true }),
  },
});
