import type { User, UserWithPassword } from './user.js';
import type { UserName } from './user-name.js';

export type NewUser = Pick<
  UserWithPassword,
  'tenantDomain' | 'domain' | 'username' | 'passwordHash' | 'claims' | 'roles'
>;
export type UserChange = Partial<Pick<UserWithPassword, 'passwordHash' | 'claims' | 'roles' | 'locked'>>;

export const UserStore = Symbol('UserStore');
/** Users and roles of all tenants. Names are compared without case unless the store was built otherwise. */
export interface UserStore {
  /** Throws `AlreadyExists`. Unknown roles throw `NotFound`. */
  createUser(user: NewUser): Promise<User>;
  findUser(name: UserName): Promise<UserWithPassword | undefined>;
  findUserById(tenantDomain: string, id: string): Promise<User | undefined>;
  /** One page in order of name; `username` filters by exact name. */
  listUsers(
    tenantDomain: string,
    page: { username?: string; offset: number; limit: number },
  ): Promise<{ users: User[]; total: number }>;
  /** Throws `NotFound`. */
  updateUser(tenantDomain: string, id: string, change: UserChange): Promise<User>;
  /**
   * Replaces the hash `from` by `to`; false, and nothing changed, when the stored one is not `from` any more. A re-hash
   * at login must never undo a password that was set meanwhile.
   */
  rehashPassword(tenantDomain: string, id: string, from: string, to: string): Promise<boolean>;
  /** False when there was none. */
  deleteUser(tenantDomain: string, id: string): Promise<boolean>;
  listRoles(tenantDomain: string): Promise<{ id: string; name: string; members: { id: string; username: string }[] }[]>;
  /** Throws `AlreadyExists`. */
  createRole(tenantDomain: string, name: string): Promise<{ id: string; name: string }>;
  deleteRole(tenantDomain: string, id: string): Promise<boolean>;
}
