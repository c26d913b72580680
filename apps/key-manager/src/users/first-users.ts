import { randomBytes } from 'node:crypto';
import { isLoopback, weakness } from '@keygate/common/exposure';
import { system } from '../audit/author.js';
import { AlreadyExists } from '../storage/errors.js';
import type { Storage } from '../storage/storage.js';
import { UnacceptablePassword, type UserAccounts } from './user-accounts.js';
import { primaryDomain, superTenant } from './user-name.js';

/** A password that everybody guesses would guard a key manager that others can reach. One line, for the operator. */
export class WeakAdminPassword extends Error {
  override readonly name = 'WeakAdminPassword';
}

const adminPasswordSetting = 'keyManager.adminPassword (KEYGATE_ADMIN_PASSWORD)';

export const adminName = { domain: primaryDomain, username: 'admin', tenantDomain: superTenant };

/**
 * What an empty database gets: the super tenant and the user `admin`. Answers the password when it was made here, so
 * that it can be shown once; it is not kept in clear anywhere.
 */
export async function seedFirstUsers(
  storage: Pick<Storage, 'tenants' | 'users'>,
  accounts: UserAccounts,
  configured: string | undefined,
): Promise<string | undefined> {
  await storage.tenants.seedTenant(superTenant);
  const { total } = await storage.users.listUsers(superTenant, { offset: 0, limit: 1 });
  if (total > 0) return undefined;
  const password = configured ?? randomBytes(18).toString('base64url');
  try {
    await accounts.create({ name: adminName, password, roles: ['admin'] }, system);
  } catch (error) {
    // Another key manager was first.
    if (error instanceof AlreadyExists) return undefined;
    if (error instanceof UnacceptablePassword) throw new WeakAdminPassword(`${adminPasswordSetting}: ${error.message}`);
    throw error;
  }
  return configured === undefined ? password : undefined;
}

/** Throws `WeakAdminPassword` unless only this machine can reach the listeners, or the password is strong. */
export function checkAdminPassword(password: string | undefined, bindAddresses: readonly string[]): void {
  const weak = password === undefined || bindAddresses.every(isLoopback) ? undefined : weakness(password);
  if (weak === undefined) return;
  const reachable = bindAddresses.filter((address) => !isLoopback(address)).join(', ');
  throw new WeakAdminPassword(
    `${adminPasswordSetting}: ${weak}, too weak for what can be reached on ${reachable}; use 12 characters or more`,
  );
}
