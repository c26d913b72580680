import { fullUserName } from '../../users/user-name.js';
import { NotFound } from '../errors.js';
import type { Session } from './database.js';
import { type UserRow, userRoleEntity } from './entities/user.entity.js';

/*
 * Roles are given and taken one by one and never written as a whole list: a change of the user's roles and one of the
 * role's members at the same time then both count.
 */

/** The names that are in `names` and not in `others`. */
export const without = (names: readonly string[], others: readonly string[]): string[] =>
  [...new Set(names)].filter((name) => !others.includes(name)).sort();

export async function giveRoles(session: Session, user: UserRow, names: readonly string[]): Promise<void> {
  const rows = await session.rows<{ id: string; name: string }>(
    // Locked, so that the role cannot be deleted between the look and the insert.
    'select id, name from roles where tenant_domain = $1 and name = any($2::text[]) order by name for key share',
    [user.tenantDomain, names],
  );
  const unknown = names.find((name) => !rows.some((role) => role.name === name));
  if (unknown !== undefined) throw new NotFound(`role ${unknown}`);
  await insertHeld(
    session,
    user.tenantDomain,
    rows.map(({ id }) => ({ userId: user.id, roleId: id })),
  );
}

export async function takeRoles(session: Session, userId: string, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  await session.changed(
    'delete from user_roles ur using roles r where r.id = ur.role_id and ur.user_id = $1 and r.name = any($2::text[])',
    [userId, names],
  );
}

export async function rolesOf(session: Session, userIds: readonly string[]): Promise<Map<string, string[]>> {
  const rows = await session.rows<{ user_id: string; names: string[] }>(
    `select ur.user_id, array_agg(r.name order by r.name) as names
     from user_roles ur join roles r on r.id = ur.role_id where ur.user_id = any($1::text[]) group by ur.user_id`,
    [userIds],
  );
  return new Map(rows.map(({ user_id, names }) => [user_id, names]));
}

interface RoleKey {
  readonly id: string;
  readonly tenantDomain: string;
}

/** Ids of the members, with the role locked against other changes of its members. Throws `NotFound`. */
export async function lockMembers(session: Session, { id, tenantDomain }: RoleKey): Promise<string[]> {
  const role = await session.row(
    // Not against changes of a user, which hold the user and would wait for the role.
    'select 1 from roles where id = $1 and tenant_domain = $2 for no key update',
    [id, tenantDomain],
  );
  if (role === undefined) throw new NotFound(`role ${id}`);
  return memberIdsOf(session, id);
}

export async function memberIdsOf(session: Session, roleId: string): Promise<string[]> {
  const sql = 'select user_id from user_roles where role_id = $1 order by user_id';
  return (await session.rows<{ user_id: string }>(sql, [roleId])).map(({ user_id }) => user_id);
}

export async function addMembers(session: Session, { id, tenantDomain }: RoleKey, userIds: readonly string[]) {
  if (userIds.length === 0) return;
  const rows = await session.rows<{ id: string }>(
    'select id from users where tenant_domain = $1 and id = any($2::text[]) order by id for key share',
    [tenantDomain, userIds],
  );
  const unknown = userIds.find((userId) => !rows.some((user) => user.id === userId));
  if (unknown !== undefined) throw new NotFound(`user ${unknown}`);
  await insertHeld(
    session,
    tenantDomain,
    rows.map((user) => ({ userId: user.id, roleId: id })),
  );
}

export async function removeMembers(session: Session, roleId: string, userIds: readonly string[]): Promise<void> {
  if (userIds.length === 0) return;
  await session.changed('delete from user_roles where role_id = $1 and user_id = any($2::text[])', [roleId, userIds]);
}

export async function fullNamesOf(session: Session, userIds: readonly string[]): Promise<string[]> {
  if (userIds.length === 0) return [];
  const rows = await session.rows<{ domain: string; username: string; tenant_domain: string }>(
    'select domain, username, tenant_domain from users where id = any($1::text[])',
    [userIds],
  );
  return rows.map(({ tenant_domain, ...name }) => fullUserName({ ...name, tenantDomain: tenant_domain }));
}

async function insertHeld(session: Session, tenantDomain: string, held: { userId: string; roleId: string }[]) {
  if (held.length === 0) return;
  const rows = held.map((row) => ({ ...row, tenantDomain }));
  await session.table(userRoleEntity).createQueryBuilder().insert().values(rows).orIgnore().execute();
}

export interface RoleMemberColumns {
  id: string;
  name: string;
  members: { id: string; username: string }[];
}

export const listRolesStatement = `
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
