import { EntitySchema } from 'typeorm';
import { flag, json, long, text } from './columns.js';

export interface RoleRow {
  id: string;
  tenantDomain: string;
  name: string;
}

export const roleEntity = new EntitySchema<RoleRow>({
  name: 'role',
  tableName: 'roles',
  columns: { id: text({ primary: true }), tenantDomain: text(), name: text() },
});

export interface UserRow {
  id: string;
  tenantDomain: string;
  domain: string;
  username: string;
  usernameKey: string;
  passwordHash: string;
  locked: boolean;
  claims: Record<string, string>;
  createdAt: number;
  updatedAt: number;
}

export const userEntity = new EntitySchema<UserRow>({
  name: 'user',
  tableName: 'users',
  columns: {
    id: text({ primary: true }),
    tenantDomain: text(),
    domain: text(),
    username: text(),
    usernameKey: text(),
    passwordHash: text(),
    locked: flag(),
    claims: json(),
    createdAt: long(),
    updatedAt: long(),
  },
});

export interface UserRoleRow {
  userId: string;
  roleId: string;
  tenantDomain: string;
}

export const userRoleEntity = new EntitySchema<UserRoleRow>({
  name: 'user_role',
  tableName: 'user_roles',
  columns: { userId: text({ primary: true }), roleId: text({ primary: true }), tenantDomain: text() },
});
