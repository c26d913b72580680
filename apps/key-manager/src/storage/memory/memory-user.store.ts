import { randomUUID } from 'node:crypto';
import type { AuditEvent } from '../../oauth2/ports.js';
import type { User, UserAtLogin, UserWithPassword } from '../../users/user.js';
import { fullUserName, type UserName } from '../../users/user-name.js';
import type { NewUser, UserChange, UserStore } from '../../users/user-store.js';
import { AlreadyExists, NotFound } from '../errors.js';
import { assertStorable } from '../storable.js';
import { inOrder, type MemoryDatabase } from './memory-database.js';

const withoutPassword = ({ passwordHash: _, ...user }: UserWithPassword): User => user;
const sorted = (roles: readonly string[]): string[] => [...new Set(roles)].sort(inOrder);

export class MemoryUserStore implements UserStore {
  constructor(private readonly db: MemoryDatabase) {}

  async createUser(user: NewUser, recorded?: AuditEvent): Promise<User> {
    assertStorable(user);
    if (this.#find(user) !== undefined) throw new AlreadyExists(`user ${user.username}`);
    this.#requireRoles(user.tenantDomain, user.roles);
    const now = this.db.clock.now();
    const roles = sorted(user.roles);
    const times = { createdAt: now, updatedAt: now };
    const created = { ...structuredClone(user), id: randomUUID(), roles, locked: false, ...times };
    this.db.users.set(created.id, created);
    this.#record(recorded);
    return withoutPassword(created);
  }

  async findUser(name: UserName): Promise<UserAtLogin | undefined> {
    const user = this.#find(name);
    return user && { ...user, tokenEpoch: this.db.subjectEpoch(fullUserName(user)) };
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

  async updateUser(
    tenantDomain: string,
    id: string,
    { roles, ...columns }: UserChange,
    recorded?: (before: User, after: User) => AuditEvent,
  ): Promise<User> {
    assertStorable([columns, typeof roles === 'function' ? [] : roles]);
    const before = this.#inTenant(tenantDomain, id);
    if (before === undefined) throw new NotFound(`user ${id}`);
    const wanted = sorted(typeof roles === 'function' ? roles(before.roles) : (roles ?? before.roles));
    this.#requireRoles(tenantDomain, wanted);
    const after = { ...before, ...structuredClone(columns), roles: wanted, updatedAt: this.db.clock.now() };
    this.db.users.set(id, after);
    const isLess = (after.locked && !before.locked) || before.roles.some((name) => !wanted.includes(name));
    if (isLess || columns.passwordHash !== undefined) this.db.revokeUser(fullUserName(after), { withClients: isLess });
    if (after.locked && !before.locked) this.db.endUserApiKeys(fullUserName(after));
    this.#record(recorded?.(withoutPassword(before), withoutPassword(after)));
    return withoutPassword(after);
  }

  async rehashPassword(tenantDomain: string, id: string, from: string, to: string): Promise<boolean> {
    const user = this.#inTenant(tenantDomain, id);
    if (user?.passwordHash !== from) return false;
    this.db.users.set(id, { ...user, passwordHash: to });
    return true;
  }

  async deleteUser(tenantDomain: string, id: string, recorded?: AuditEvent): Promise<boolean> {
    const user = this.#inTenant(tenantDomain, id);
    if (user === undefined) return false;
    this.db.users.delete(id);
    this.db.revokeUser(fullUserName(user), { withClients: true });
    this.db.endUserApiKeys(fullUserName(user));
    const subject = fullUserName(user);
    for (const [key, consent] of this.db.consents) if (consent.subject === subject) this.db.consents.delete(key);
    this.#record(recorded);
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

  async createRole(tenantDomain: string, name: string, memberIds: readonly string[] = [], recorded?: AuditEvent) {
    assertStorable(name);
    if (this.#roles(tenantDomain).some((role) => role.name === name)) throw new AlreadyExists(`role ${name}`);
    const members = memberIds.map((id) => this.#require(tenantDomain, id));
    const id = randomUUID();
    this.db.roles.set(id, { id, tenantDomain, name });
    for (const user of members) this.db.users.set(user.id, { ...user, roles: sorted([...user.roles, name]) });
    this.#record(recorded);
    return { id, name };
  }

  async changeMembers(
    tenantDomain: string,
    roleId: string,
    change: (heldIds: readonly string[]) => readonly string[],
    recorded?: (added: readonly string[], removed: readonly string[]) => AuditEvent,
  ): Promise<void> {
    const role = this.db.roles.get(roleId);
    if (role?.tenantDomain !== tenantDomain) throw new NotFound(`role ${roleId}`);
    const held = this.#members(role).map(({ id }) => id);
    const wanted = change(held);
    const added = sorted(wanted.filter((id) => !held.includes(id)));
    const removed = sorted(held.filter((id) => !wanted.includes(id)));
    const joining = added.map((id) => this.#require(tenantDomain, id));
    for (const user of joining) this.db.users.set(user.id, { ...user, roles: sorted([...user.roles, role.name]) });
    for (const user of this.#members(role)) if (removed.includes(user.id)) this.#takeRole(user, role.name);
    this.#record(recorded?.(added, removed));
  }

  async deleteRole(tenantDomain: string, id: string, recorded?: AuditEvent): Promise<boolean> {
    const role = this.db.roles.get(id);
    if (role?.tenantDomain !== tenantDomain) return false;
    this.db.roles.delete(id);
    for (const user of this.#members(role)) this.#takeRole(user, role.name);
    this.#record(recorded);
    return true;
  }

  #members({ tenantDomain, name }: { tenantDomain: string; name: string }): UserWithPassword[] {
    return [...this.db.users.values()].filter(
      (user) => user.tenantDomain === tenantDomain && user.roles.includes(name),
    );
  }

  #takeRole(user: UserWithPassword, name: string): void {
    this.db.users.set(user.id, { ...user, roles: user.roles.filter((other) => other !== name) });
    this.db.revokeUser(fullUserName(user), { withClients: true });
  }

  #record(event: AuditEvent | undefined): void {
    if (event) this.db.appendAudit(event);
  }

  #require(tenantDomain: string, id: string): UserWithPassword {
    const user = this.#inTenant(tenantDomain, id);
    if (user === undefined) throw new NotFound(`user ${id}`);
    return user;
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
