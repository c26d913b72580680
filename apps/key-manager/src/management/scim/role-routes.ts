import { z } from 'zod';
import type { AuditLog } from '../../oauth2/ports.js';
import { Refusal } from '../../refusal.js';
import { builtInRoles } from '../../users/user.js';
import type { UserStore } from '../../users/user-store.js';
import { isUuid } from '../../uuid.js';
import { prefixes } from '../prefixes.js';
import { type Caller, password } from '../rest/caller.js';
import { Answer, type Route, route } from '../rest/route.js';
import { equalsFilter, listQuery, listResponse, type PatchOperation, patchBody } from './scim-messages.js';

export interface RoleRoutePorts {
  readonly users: UserStore;
  readonly auditLog: AuditLog;
}

interface Dialect {
  readonly path: string;
  readonly resourceType: 'Role' | 'Group';
  readonly schema: string;
  /** What members are called. */
  readonly members: 'users' | 'members';
}

const roleSchema = 'urn:ietf:params:scim:schemas:extension:2.0:Role';
const groupSchema = 'urn:ietf:params:scim:schemas:core:2.0:Group';

/** One thing under the names that WSO2 clients and plain SCIM clients know it by. */
const dialects: readonly Dialect[] = [
  { path: '/v2/Roles', resourceType: 'Role', schema: roleSchema, members: 'users' },
  { path: '/Roles', resourceType: 'Role', schema: roleSchema, members: 'users' },
  { path: '/Groups', resourceType: 'Group', schema: groupSchema, members: 'members' },
];

const access = password('admin');
const member = z.looseObject({ value: z.string().max(64) });
const newRole = z.looseObject({
  displayName: z
    .string()
    .min(1)
    .max(255)
    .regex(/^[^\p{Cc}"',]+$/u, 'holds characters that are not allowed'),
  users: z.array(member).max(1_000).nullish(),
  members: z.array(member).max(1_000).nullish(),
});
const roleAnswer = z.looseObject({ id: z.string(), displayName: z.string() });

type Role = Awaited<ReturnType<UserStore['listRoles']>>[number];

export function roleRoutes(ports: RoleRoutePorts): Route[] {
  return dialects.flatMap((dialect) => [...collectionRoutes(ports, dialect), ...oneRoutes(ports, dialect)]);
}

function collectionRoutes({ users, auditLog }: RoleRoutePorts, dialect: Dialect): Route[] {
  return [
    route({
      method: 'GET',
      path: dialect.path,
      summary: 'Roles with their members; filter by displayName eq "name".',
      access,
      query: listQuery,
      async handle({ tenantDomain }, { query: { filter, startIndex, count } }) {
        const wanted = equalsFilter(filter, 'displayName');
        const roles = await users.listRoles(tenantDomain);
        const found = wanted === undefined ? roles : roles.filter(({ name }) => name === wanted);
        const page = found.slice(startIndex - 1, startIndex - 1 + count);
        return listResponse(
          page.map((role) => toResource(role, dialect)),
          found.length,
          startIndex,
        );
      },
    }),
    route({
      method: 'POST',
      path: dialect.path,
      summary: 'Makes a role.',
      access,
      body: newRole,
      status: 201,
      answer: roleAnswer,
      async handle(caller, { body }) {
        const made = await users.createRole(caller.tenantDomain, body.displayName);
        await record(auditLog, caller, 'role.created', made.name);
        for (const { value } of body.users ?? body.members ?? [])
          await setMember(users, caller, made.name, value, true);
        const resource = toResource(await find(users, caller, made.id), dialect);
        return new Answer(resource, { headers: { Location: resource.meta.location } });
      },
    }),
  ];
}

function oneRoutes({ users, auditLog }: RoleRoutePorts, dialect: Dialect): Route[] {
  const path = `${dialect.path}/{roleId}` as const;
  return [
    route({
      method: 'GET',
      path,
      summary: 'One role.',
      access,
      answer: roleAnswer,
      handle: async (caller, { parameters }) => toResource(await find(users, caller, parameters.roleId), dialect),
    }),
    route({
      method: 'PATCH',
      path,
      summary: 'Adds members to a role, or takes them out.',
      access,
      body: patchBody,
      answer: roleAnswer,
      async handle(caller, { parameters, body }) {
        for (const operation of body.Operations) {
          await change(users, caller, await find(users, caller, parameters.roleId), operation);
        }
        const role = await find(users, caller, parameters.roleId);
        await record(auditLog, caller, 'role.members_set', role.name);
        return toResource(role, dialect);
      },
    }),
    route({
      method: 'DELETE',
      path,
      summary: 'Deletes a role.',
      access,
      status: 204,
      async handle(caller, { parameters }) {
        const role = await find(users, caller, parameters.roleId);
        if ((builtInRoles as readonly string[]).includes(role.name)) {
          throw new Refusal('forbidden', `The role ${role.name} is part of every tenant`);
        }
        await users.deleteRole(caller.tenantDomain, role.id);
        await record(auditLog, caller, 'role.deleted', role.name);
      },
    }),
  ];
}

async function find(users: UserStore, { tenantDomain }: Caller, id: string): Promise<Role> {
  const role = isUuid(id) ? (await users.listRoles(tenantDomain)).find((each) => each.id === id) : undefined;
  if (!role) throw new Refusal('not_found', `Role ${id} not found`);
  return role;
}

/** `users` and `members` mean the same; `users[value eq "id"]` names one. */
async function change(users: UserStore, caller: Caller, role: Role, operation: PatchOperation): Promise<void> {
  const [, list, named] = /^(users|members)(?:\[value eq "([^"]*)"\])?$/i.exec(operation.path ?? '') ?? [];
  const given = named === undefined ? idsOf(operation, list !== undefined) : [named];
  const held = role.members.map(({ id }) => id);
  const removesAll = operation.op === 'remove' && named === undefined && operation.value === undefined;
  const taken = removesAll || operation.op === 'replace' ? held.filter((id) => !given.includes(id)) : [];
  for (const id of operation.op === 'remove' ? [...taken, ...given] : taken) {
    await setMember(users, caller, role.name, id, false);
  }
  if (operation.op === 'remove') return;
  for (const id of given) await setMember(users, caller, role.name, id, true);
}

function idsOf({ value, path }: PatchOperation, isList: boolean): string[] {
  if (value === undefined && isList) return [];
  const list = isList ? value : Object.values(newRole.partial().safeParse(value).data ?? {}).find(Array.isArray);
  const read = z
    .array(member)
    .max(1_000)
    .safeParse(Array.isArray(list) ? list : [list]);
  if (!read.success) throw new Refusal('invalid', `The value of ${path ?? 'the operation'} is not a list of members`);
  return read.data.map((entry) => entry.value);
}

async function setMember(users: UserStore, caller: Caller, role: string, id: string, isMember: boolean): Promise<void> {
  const user = isUuid(id) ? await users.findUserById(caller.tenantDomain, id) : undefined;
  if (!user) throw new Refusal('invalid', `User ${id} not found`);
  const others = user.roles.filter((name) => name !== role);
  await users.updateUser(caller.tenantDomain, id, { roles: isMember ? [...others, role] : others });
}

function record(auditLog: AuditLog, { tenantDomain, subject }: Caller, action: string, target: string): Promise<void> {
  return auditLog.record({ tenantDomain, actor: subject, action, target });
}

function toResource({ id, name, members }: Role, { path, resourceType, schema, members: called }: Dialect) {
  return {
    schemas: [schema],
    id,
    displayName: name,
    [called]: members.map((user) => ({ value: user.id, display: user.username })),
    meta: { resourceType, location: `${prefixes.scim}${path}/${id}` },
  };
}
