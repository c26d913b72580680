import { randomUUID } from 'node:crypto';
import type { User, UserWithPassword } from '../../users/user.js';
import { fullUserName, type UserName } from '../../users/user-name.js';
import type { NewUser, UserChange, UserStore } from '../../users/user-store.js';
import { AlreadyExists, NotFound } from '../errors.js';
import { assertStorable } from '../storable.js';
import { inOrder, type MemoryDatabase } from './memory-database.js';

const withoutPassword = ({ passwordHash: _, ...user }: UserWithPassword): User => user;
const sorted = (roles: readonly string[]): string[] => [...new Set(roles)].sort(inOrder);

export class MemoryUserStore implements UserStore {
  constructor(private readonly db: MemoryDatabase) {}

  async createUser(user: NewUser): Promise<User> {
    assertStorable(user);
    if (this.#find(user) !== undefined) throw new AlreadyExists(`user ${user.username}`);
    this.#requireRoles(user.tenantDomain, user.roles);
    const now = this.db.clock.now();
    const roles = sorted(user.roles);
    const times = { createdAt: now, updatedAt: now };
    const created = { ...structuredClone(user), id: randomUUID(), roles, locked: false, ...times };
    this.db.users.set(created.id, created);
    return withoutPassword(created);
  }

  async findUser(name: UserName): Promise<UserWithPassword | undefined> {
    return this.#find(name);
  }

  async findUserById(tenantDomain: string, id: string): Promise<User | undefined> {
    const user = this.#inTenant(tenantDomain, id);
    return user && withoutPassword(user);
  }

  async listUsers(tenantDomain: string, page: { username?: string; offset: number; limit: number }) {
    const key = (username: string) => this.db.userNameKey(username);
    const all = [...this.db.users.values()]
      .filter((user) => user.tenantDomain === tenantDomain)
      .filter((user) => page.username === undefined || key(user.username) === key(page.username))
      .sort((a, b) => inOrder(key(a.username), key(b.username)) || inOrder(a.domain, b.domain));
    return { users: all.slice(page.offset, page.offset + page.limit).map(withoutPassword), total: all.length };
  }

  async updateUser(tenantDomain: string, id: string, change: UserChange): Promise<User> {
    assertStorable(change);
    const before = this.#inTenant(tenantDomain, id);
    if (before === undefined) throw new NotFound(`user ${id}`);
    this.#requireRoles(tenantDomain, change.roles ?? []);
    const roles = sorted(change.roles ?? before.roles);
    const after = { ...before, ...structuredClone(change), roles, updatedAt: this.db.clock.now() };
    this.db.users.set(id, after);
    if (after.locked && !before.locked) this.db.revokeSubject(fullUserName(after), this.db.clock.now());
    return withoutPassword(after);
  }

  async rehashPassword(tenantDomain: string, id: string, from: string, to: string): Promise<boolean> {
    const user = this.#inTenant(tenantDomain, id);
    if (user?.passwordHash !== from) return false;
    this.db.users.set(id, { ...user, passwordHash: to });
    return true;
  }

  async deleteUser(tenantDomain: string, id: string): Promise<boolean> {
    const user = this.#inTenant(tenantDomain, id);
    if (user === undefined) return false;
    this.db.users.delete(id);
    this.db.revokeSubject(fullUserName(user), this.db.clock.now());
    return true;
  }

  async listRoles(tenantDomain: string) {
    const users = [...this.db.users.values()].filter((user) => user.tenantDomain === tenantDomain);
    return this.#roles(tenantDomain).map(({ id, name }) => ({
      id,
      name,
      members: users
        .filter(({ roles }) => roles.includes(name))
        .map((user) => ({ id: user.id, username: user.username }))
        .sort((a, b) => inOrder(a.username, b.username) || inOrder(a.id, b.id)),
    }));
  }

  async createRole(tenantDomain: string, name: string) {
    assertStorable(name);
    if (this.#roles(tenantDomain).some((role) => role.name === name)) throw new AlreadyExists(`role ${name}`);
    const id = randomUUID();
    this.db.roles.set(id, { id, tenantDomain, name });
    return { id, name };
  }

  async deleteRole(tenantDomain: string, id: string): Promise<boolean> {
    const role = this.db.roles.get(id);
    if (role?.tenantDomain !== tenantDomain) return false;
    this.db.roles.delete(id);
    for (const user of this.db.users.values()) {
      if (user.tenantDomain !== tenantDomain || !user.roles.includes(role.name)) continue;
      this.db.users.set(user.id, { ...user, roles: user.roles.filter((name) => name !== role.name) });
    }
    return true;
  }

  #find({ tenantDomain, domain, username }: UserName): UserWithPassword | undefined {
    const wanted = this.db.userKey(tenantDomain, domain, username);
    return [...this.db.users.values()].find(
      (user) => this.db.userKey(user.tenantDomain, user.domain, user.username) === wanted,
    );
  }

  #inTenant(tenantDomain: string, id: string): UserWithPassword | undefined {
    const user = this.db.users.get(id);
    return user?.tenantDomain === tenantDomain ? user : undefined;
  }

  #roles(tenantDomain: string) {
    return [...this.db.roles.values()]
      .filter((role) => role.tenantDomain === tenantDomain)
      .sort((a, b) => inOrder(a.name, b.name));
  }

  #requireRoles(tenantDomain: string, names: readonly string[]): void {
    const known = new Set(this.#roles(tenantDomain).map(({ name }) => name));
    const unknown = names.find((name) => !known.has(name));
    if (unknown !== undefined) throw new NotFound(`role ${unknown}`);
  }
}
