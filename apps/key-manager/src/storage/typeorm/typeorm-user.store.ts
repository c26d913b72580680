import { randomUUID } from 'node:crypto';
import { recordable } from '../../audit/recordable.js';
import type { AuditEvent, Clock } from '../../oauth2/ports.js';
import type { User, UserAtLogin } from '../../users/user.js';
import { fullUserName, type UserName } from '../../users/user-name.js';
import type { NewUser, Role, UserChange, UserStore } from '../../users/user-store.js';
import { NotFound } from '../errors.js';
import { assertStorable } from '../storable.js';
import { endUserApiKeys } from './api-key-rows.js';
import { appendAudit } from './audit-rows.js';
import { type Database, type Session, unlessTaken } from './database.js';
import { roleEntity, type UserRow, userEntity, userRoleEntity } from './entities/user.entity.js';
import { findUserStatement, toUserAtLogin, type UserColumns } from './find-user.js';
import {
  addMembers,
  fullNamesOf,
  giveRoles,
  listRolesStatement,
  lockMembers,
  memberIdsOf,
  type RoleMemberColumns,
  removeMembers,
  rolesOf,
  takeRoles,
  without,
} from './role-rows.js';
import { endUserTokens } from './user-tokens.js';

export class TypeOrmUserStore implements UserStore {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly caseSensitiveUserNames: boolean,
  ) {}

  async createUser(user: NewUser, recorded?: AuditEvent): Promise<User> {
    assertStorable(user);
    const { roles, ...columns } = user;
    const now = this.clock.now();
    const times = { createdAt: now, updatedAt: now };
    const row: UserRow = {
      ...columns,
      ...times,
      id: randomUUID(),
      usernameKey: this.#key(user.username),
      locked: false,
    };
    const work = this.db.transaction(async (session) => {
      await session.table(userEntity).insert(row);
      const held = without(roles, []);
      await giveRoles(session, row, held);
      await this.#record(session, recorded);
      return toUser(row, held);
    });
    return unlessTaken(`user ${user.username}`, work);
  }

  async findUser({ tenantDomain, domain, username }: UserName): Promise<UserAtLogin | undefined> {
    const by = [tenantDomain, domain, this.#key(username)];
    const [row] = await this.db.hotFind<UserColumns>(findUserStatement, by);
    return row && toUserAtLogin(row);
  }

  async findUserById(tenantDomain: string, id: string): Promise<User | undefined> {
    return this.db.find(undefined, async (session) => {
      const row = await session.table(userEntity).findOneBy({ tenantDomain, id });
      return row === null ? undefined : toUser(row, (await rolesOf(session, [id])).get(id));
    });
  }

  async listUsers(tenantDomain: string, page: { username?: string; offset: number; limit: number }) {
    const filter = page.username === undefined ? {} : { usernameKey: this.#key(page.username) };
    return this.db.find<{ users: User[]; total: number }>({ users: [], total: 0 }, async (session) => {
      const [rows, total] = await session.table(userEntity).findAndCount({
        where: { tenantDomain, ...filter },
        order: { usernameKey: 'ASC', domain: 'ASC' },
        skip: page.offset,
        take: page.limit,
      });
      const roles = await rolesOf(
        session,
        rows.map(({ id }) => id),
      );
      return { users: rows.map((row) => toUser(row, roles.get(row.id))), total };
    });
  }

  updateUser(
    tenantDomain: string,
    id: string,
    change: UserChange,
    recorded?: (before: User, after: User) => AuditEvent,
  ): Promise<User> {
    assertStorable(change);
    return this.db.transaction(async (session) => {
      const row = await lockUser(session, tenantDomain, id);
      if (row === null) throw new NotFound(`user ${id}`);
      const before = toUser(row, (await rolesOf(session, [id])).get(id));
      const { roles, ...columns } = change;
      const changed = { ...row, ...columns, updatedAt: this.clock.now() };
      await session.table(userEntity).update({ id }, changed);
      const wanted = typeof roles === 'function' ? roles(before.roles) : (roles ?? before.roles);
      await takeRoles(session, id, without(before.roles, wanted));
      await giveRoles(session, row, without(wanted, before.roles));
      const after = toUser(changed, (await rolesOf(session, [id])).get(id));
      await this.#endTokens(session, before, after, columns.passwordHash !== undefined);
      await this.#record(session, recorded?.(before, after));
      return after;
    });
  }

  async rehashPassword(tenantDomain: string, id: string, from: string, to: string): Promise<boolean> {
    assertStorable(to);
    const changed = await this.db.find(0, (session) =>
      session.changed(
        'update users set password_hash = $4 where tenant_domain = $1 and id = $2 and password_hash = $3',
        [tenantDomain, id, from, to],
      ),
    );
    return changed === 1;
  }

  deleteUser(tenantDomain: string, id: string, recorded?: AuditEvent): Promise<boolean> {
    return this.db.transaction(async (session) => {
      const row = await lockUser(session, tenantDomain, id);
      if (row === null) return false;
      await session.table(userRoleEntity).delete({ userId: id });
      await session.table(userEntity).delete({ id });
      await session.changed('delete from consents where subject = $1', [fullUserName(row)]);
      const also = await endUserApiKeys(session, fullUserName(row));
      await endUserTokens(session, this.clock.now(), [fullUserName(row)], { withClients: true, also });
      await this.#record(session, recorded);
      return true;
    });
  }

  async listRoles(tenantDomain: string): Promise<Role[]> {
    const rows = await this.db.find([], (session) =>
      session.rows<RoleMemberColumns>(listRolesStatement, [tenantDomain]),
    );
    return rows.map(({ id, name, members }) => ({ id, name, members }));
  }

  async createRole(tenantDomain: string, name: string, memberIds: readonly string[] = [], recorded?: AuditEvent) {
    assertStorable([tenantDomain, name]);
    const id = randomUUID();
    const work = this.db.transaction(async (session) => {
      await session.table(roleEntity).insert({ id, tenantDomain, name });
      await addMembers(session, { id, tenantDomain }, without(memberIds, []));
      await this.#record(session, recorded);
    });
    await unlessTaken(`role ${name}`, work);
    return { id, name };
  }

  changeMembers(
    tenantDomain: string,
    roleId: string,
    change: (heldIds: readonly string[]) => readonly string[],
    recorded?: (added: readonly string[], removed: readonly string[]) => AuditEvent,
  ): Promise<void> {
    return this.db.transaction(async (session) => {
      const role = { id: roleId, tenantDomain };
      const held = await lockMembers(session, role);
      const wanted = change(held);
      const [added, removed] = [without(wanted, held), without(held, wanted)];
      await removeMembers(session, roleId, removed);
      await addMembers(session, role, added);
      await endUserTokens(session, this.clock.now(), await fullNamesOf(session, removed), { withClients: true });
      await this.#record(session, recorded?.(added, removed));
    });
  }

  deleteRole(tenantDomain: string, id: string, recorded?: AuditEvent): Promise<boolean> {
    return this.db.transaction(async (session) => {
      const lock = { mode: 'pessimistic_write' } as const;
      const row = await session.table(roleEntity).findOne({ where: { tenantDomain, id }, lock });
      if (row === null) return false;
      const members = await fullNamesOf(session, await memberIdsOf(session, id));
      await session.table(userRoleEntity).delete({ roleId: id });
      await session.table(roleEntity).delete({ id });
      await endUserTokens(session, this.clock.now(), members, { withClients: true });
      await this.#record(session, recorded);
      return true;
    });
  }

  #key(username: string): string {
    return this.caseSensitiveUserNames ? username : username.toLowerCase();
  }

  /** What a token stood for is gone: the password it was got with, the account, or a role behind one of its scopes. */
  async #endTokens(session: Session, before: User, after: User, hasNewPassword: boolean): Promise<void> {
    const isLess = (after.locked && !before.locked) || without(before.roles, after.roles).length > 0;
    if (!isLess && !hasNewPassword) return;
    const also = after.locked && !before.locked ? await endUserApiKeys(session, fullUserName(after)) : [];
    await endUserTokens(session, this.clock.now(), [fullUserName(after)], { withClients: isLess, also });
  }

  /** Last in the transaction: writers of the audit log queue. */
  async #record(session: Session, event: AuditEvent | undefined): Promise<void> {
    if (event) await appendAudit(session, [{ ...recordable(event), at: this.clock.now() }]);
  }
}

function lockUser(session: Session, tenantDomain: string, id: string): Promise<UserRow | null> {
  return session.table(userEntity).findOne({ where: { tenantDomain, id }, lock: { mode: 'pessimistic_write' } });
}

function toUser({ usernameKey: _, passwordHash: __, ...user }: UserRow, roles: readonly string[] = []): User {
  return { ...user, roles };
}
