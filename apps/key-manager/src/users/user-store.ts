import type { AuditEvent } from '../oauth2/ports.js';
import type { User, UserAtLogin, UserWithPassword } from './user.js';
import type { UserName } from './user-name.js';

export type NewUser = Pick<
  UserWithPassword,
  'tenantDomain' | 'domain' | 'username' | 'passwordHash' | 'claims' | 'roles'
>;

/** A function gets the names held at the moment of the change, so that two changes at once both count. */
export type RoleChange = readonly string[] | ((held: readonly string[]) => readonly string[]);

export interface UserChange extends Partial<Pick<UserWithPassword, 'passwordHash' | 'claims' | 'locked'>> {
  readonly roles?: RoleChange;
}

export interface Role {
  readonly id: string;
  readonly name: string;
  readonly members: readonly { readonly id: string; readonly username: string }[];
}

export const UserStore = Symbol('UserStore');
/**
 * Users and roles of all tenants. Names are compared without case unless the store was built otherwise.
 *
 * Whoever gets another password, is locked, is deleted or loses a role loses every token in the same transaction; but
 * for the password, so do the own tokens of the clients that the user owns, since those act with the owner's roles.
 * What a change is to be recorded as is written in that transaction too.
 */
export interface UserStore {
  /** Throws `AlreadyExists`. Unknown roles throw `NotFound`. */
  createUser(user: NewUser, recorded?: AuditEvent): Promise<User>;
  /** Password, lock, roles and epoch are those of one moment. */
  findUser(name: UserName): Promise<UserAtLogin | undefined>;
  findUserById(tenantDomain: string, id: string): Promise<User | undefined>;
  /** One page in order of name; `username` filters by exact name. */
  listUsers(
    tenantDomain: string,
    page: { username?: string; offset: number; limit: number },
  ): Promise<{ users: User[]; total: number }>;
  /** Throws `NotFound` for the user or a role. */
  updateUser(
    tenantDomain: string,
    id: string,
    change: UserChange,
    recorded?: (before: User, after: User) => AuditEvent,
  ): Promise<User>;
  /**
   * Replaces the hash `from` by `to`; false, and nothing changed, when the stored one is not `from` any more. A re-hash
   * at login must never undo a password that was set meanwhile.
   */
  rehashPassword(tenantDomain: string, id: string, from: string, to: string): Promise<boolean>;
  /** False when there was none. */
  deleteUser(tenantDomain: string, id: string, recorded?: AuditEvent): Promise<boolean>;
  listRoles(tenantDomain: string): Promise<Role[]>;
  /** Throws `AlreadyExists`, and `NotFound` for a member who is not there. */
  createRole(
    tenantDomain: string,
    name: string,
    memberIds?: readonly string[],
    recorded?: AuditEvent,
  ): Promise<{ id: string; name: string }>;
  /**
   * Gives the role the members that `change` makes of those held at that moment. Throws `NotFound` for the role, or for
   * a new member who is not there.
   */
  changeMembers(
    tenantDomain: string,
    roleId: string,
    change: (heldIds: readonly string[]) => readonly string[],
    recorded?: (added: readonly string[], removed: readonly string[]) => AuditEvent,
  ): Promise<void>;
  deleteRole(tenantDomain: string, id: string, recorded?: AuditEvent): Promise<boolean>;
}
