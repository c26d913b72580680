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
  activatesAt: number | null;
  activatedAt: number | null;
  retiredAt: number | null;
  lastExpiresAt: number | null;
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
    activatesAt: long({ nullable: true }),
    activatedAt: long({ nullable: true }),
    retiredAt: long({ nullable: true }),
    lastExpiresAt: long({ nullable: true }),
  },
});
