import { randomUUID } from 'node:crypto';
import type { Clock } from '../../oauth2/ports.js';
import type { User, UserWithPassword } from '../../users/user.js';
import { fullUserName, type UserName } from '../../users/user-name.js';
import type { NewUser, UserChange, UserStore } from '../../users/user-store.js';
import { NotFound } from '../errors.js';
import { assertStorable } from '../storable.js';
import { endSubjectGrants } from './coarse-revocation.js';
import { type Database, type Session, unlessTaken } from './database.js';
import { roleEntity, type UserRow, userEntity, userRoleEntity } from './entities/user.entity.js';
import { appendRevocations } from './feed-numbers.js';

export class TypeOrmUserStore implements UserStore {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly caseSensitiveUserNames: boolean,
  ) {}

  async createUser(user: NewUser): Promise<User> {
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
      const held = await giveRoles(session, row, roles);
      return toUser(row, held);
    });
    return unlessTaken(`user ${user.username}`, work);
  }

  async findUser({ tenantDomain, domain, username }: UserName): Promise<UserWithPassword | undefined> {
    const by = { tenantDomain, domain, usernameKey: this.#key(username) };
    return this.db.find(undefined, async (session) => {
      const row = await session.table(userEntity).findOneBy(by);
      if (row === null) return undefined;
      const roles = await rolesOf(session, [row.id]);
      return { ...toUser(row, roles.get(row.id)), passwordHash: row.passwordHash };
    });
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

  updateUser(tenantDomain: string, id: string, change: UserChange): Promise<User> {
    assertStorable(change);
    return this.db.transaction(async (session) => {
      const lock = { mode: 'pessimistic_write' } as const;
      const before = await session.table(userEntity).findOne({ where: { tenantDomain, id }, lock });
      if (before === null) throw new NotFound(`user ${id}`);
      const { roles, ...columns } = change;
      const now = this.clock.now();
      const after = { ...before, ...columns, updatedAt: now };
      await session.table(userEntity).update({ id }, after);
      if (roles !== undefined) {
        await session.table(userRoleEntity).delete({ userId: id });
        await giveRoles(session, before, roles);
      }
      if (after.locked && !before.locked) await this.#endSession(session, after);
      return toUser(after, (await rolesOf(session, [id])).get(id));
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

  deleteUser(tenantDomain: string, id: string): Promise<boolean> {
    return this.db.transaction(async (session) => {
      const lock = { mode: 'pessimistic_write' } as const;
      const row = await session.table(userEntity).findOne({ where: { tenantDomain, id }, lock });
      if (row === null) return false;
      await session.table(userRoleEntity).delete({ userId: id });
      await session.table(userEntity).delete({ id });
      await this.#endSession(session, row);
      return true;
    });
  }

  async listRoles(tenantDomain: string) {
    const rows = await this.db.find([], (session) =>
      session.rows<RoleMemberColumns>(listRolesStatement, [tenantDomain]),
    );
    return rows.map(({ id, name, members }) => ({ id, name, members }));
  }

  async createRole(tenantDomain: string, name: string): Promise<{ id: string; name: string }> {
    assertStorable([tenantDomain, name]);
    const id = randomUUID();
    const work = this.db.run((session) => session.table(roleEntity).insert({ id, tenantDomain, name }));
    await unlessTaken(`role ${name}`, work);
    return { id, name };
  }

  deleteRole(tenantDomain: string, id: string): Promise<boolean> {
    return this.db.transaction(async (session) => {
      const lock = { mode: 'pessimistic_write' } as const;
      const row = await session.table(roleEntity).findOne({ where: { tenantDomain, id }, lock });
      if (row === null) return false;
      await session.table(userRoleEntity).delete({ roleId: id });
      await session.table(roleEntity).delete({ id });
      return true;
    });
  }

  #key(username: string): string {
    return this.caseSensitiveUserNames ? username : username.toLowerCase();
  }

  /** A user who is gone or locked must not go on with a token, nor somebody who gets the name later. */
  async #endSession(session: Session, user: UserRow): Promise<void> {
    const now = this.clock.now();
    const ended = await endSubjectGrants(session, fullUserName(user));
    await appendRevocations(session, { revokedAt: now, now }, [ended]);
  }
}

async function giveRoles(session: Session, user: UserRow, names: readonly string[]): Promise<string[]> {
  const wanted = [...new Set(names)].sort();
  const rows = await session.rows<{ id: string; name: string }>(
    // Locked, so that the role cannot be deleted between the look and the insert.
    'select id, name from roles where tenant_domain = $1 and name = any($2::text[]) order by name for key share',
    [user.tenantDomain, wanted],
  );
  const unknown = wanted.find((name) => !rows.some((role) => role.name === name));
  if (unknown !== undefined) throw new NotFound(`role ${unknown}`);
  const held = rows.map(({ id }) => ({ userId: user.id, roleId: id, tenantDomain: user.tenantDomain }));
  if (held.length > 0) await session.table(userRoleEntity).insert(held);
  return rows.map(({ name }) => name);
}

async function rolesOf(session: Session, userIds: readonly string[]): Promise<Map<string, string[]>> {
  const rows = await session.rows<{ user_id: string; names: string[] }>(
    `select ur.user_id, array_agg(r.name order by r.name) as names
     from user_roles ur join roles r on r.id = ur.role_id where ur.user_id = any($1::text[]) group by ur.user_id`,
    [userIds],
  );
  return new Map(rows.map(({ user_id, names }) => [user_id, names]));
}

function toUser({ usernameKey: _, passwordHash: __, ...user }: UserRow, roles: readonly string[] = []): User {
  return { ...user, roles };
}

interface RoleMemberColumns {
  id: string;
  name: string;
  members: { id: string; username: string }[];
}

const listRolesStatement = `
select r.id, r.name,
  coalesce(
    jsonb_agg(jsonb_build_object('id', u.id, 'username', u.username) order by u.username, u.id)
      filter (where u.id is not null), '[]') as members
from roles r
left join user_roles ur on ur.role_id = r.id
left join users u on u.id = ur.user_id
where r.tenant_domain = $1
group by r.id, r.name
order by r.name`;
