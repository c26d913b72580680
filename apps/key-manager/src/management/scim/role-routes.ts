import { z } from 'zod';
import type { AuditEvent } from '../../oauth2/ports.js';
import { Refusal } from '../../refusal.js';
import { NotFound } from '../../storage/errors.js';
import { builtInRoles } from '../../users/user.js';
import type { Role, UserStore } from '../../users/user-store.js';
import { isUuid } from '../../uuid.js';
import { prefixes } from '../prefixes.js';
import { authorOf } from '../rest/audited.js';
import { type Caller, password } from '../rest/caller.js';
import { Answer, type Route, route } from '../rest/route.js';
import { equalsFilter, listQuery, listResponse, type PatchOperation, patchBody } from './scim-messages.js';

export interface RoleRoutePorts {
  readonly users: UserStore;
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

export function roleRoutes(ports: RoleRoutePorts): Route[] {
  return dialects.flatMap((dialect) => [...collectionRoutes(ports, dialect), ...oneRoutes(ports, dialect)]);
}

function collectionRoutes({ users }: RoleRoutePorts, dialect: Dialect): Route[] {
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
      audit: 'by handler',
      async handle(caller, { body }) {
        const name = body.displayName;
        const members = (body.users ?? body.members ?? []).map(({ value }) => value);
        const recorded = event(caller, 'role.created', name, { members: members.join(' ') });
        const made = await orUnknownUser(() => users.createRole(caller.tenantDomain, name, members, recorded));
        const resource = toResource(await find(users, caller, made.id), dialect);
        return new Answer(resource, { headers: { Location: resource.meta.location } });
      },
    }),
  ];
}

function oneRoutes({ users }: RoleRoutePorts, dialect: Dialect): Route[] {
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
      summary: 'Adds members to a role, or takes them out, which ends every token of theirs.',
      access,
      body: patchBody,
      answer: roleAnswer,
      audit: 'by handler',
      async handle(caller, { parameters, body }) {
        const role = await find(users, caller, parameters.roleId);
        const change = (heldIds: readonly string[]) => body.Operations.reduce(membersAfter, [...heldIds]);
        await orUnknownUser(() =>
          users.changeMembers(caller.tenantDomain, role.id, change, (added, removed) =>
            event(caller, 'role.members_changed', role.name, { added: added.join(' '), removed: removed.join(' ') }),
          ),
        );
        return toResource(await find(users, caller, role.id), dialect);
      },
    }),
    route({
      method: 'DELETE',
      path,
      summary: 'Deletes a role and ends every token of its members.',
      access,
      status: 204,
      audit: 'by handler',
      async handle(caller, { parameters }) {
        const role = await find(users, caller, parameters.roleId);
        if ((builtInRoles as readonly string[]).includes(role.name)) {
          throw new Refusal('forbidden', `The role ${role.name} is part of every tenant`);
        }
        await users.deleteRole(caller.tenantDomain, role.id, event(caller, 'role.deleted', role.name));
      },
    }),
  ];
}

async function find(users: UserStore, { tenantDomain }: Caller, id: string): Promise<Role> {
  const role = isUuid(id) ? (await users.listRoles(tenantDomain)).find((each) => each.id === id) : undefined;
  if (!role) throw new Refusal('not_found', `Role ${id} not found`);
  return role;
}

/** `users` and `members` mean the same; `users[value eq "id"]` names one. Also run again when a transaction is. */
function membersAfter(held: readonly string[], operation: PatchOperation): string[] {
  const [, list, named] = /^(users|members)(?:\[value eq "([^"]*)"\])?$/i.exec(operation.path ?? '') ?? [];
  const given = named === undefined ? idsOf(operation, list !== undefined) : [named];
  if (operation.op === 'add') return [...held, ...given];
  if (operation.op === 'replace') return named === undefined ? given : [...held, ...given];
  const removesAll = named === undefined && operation.value === undefined;
  return removesAll ? [] : held.filter((id) => !given.includes(id));
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

/** A user who is not there is a wrong value, not a missing resource. */
async function orUnknownUser<T>(change: () => Promise<T>): Promise<T> {
  try {
    return await change();
  } catch (error) {
    throw error instanceof NotFound ? new Refusal('invalid', error.message) : error;
  }
}

function event(caller: Caller, action: string, target: string, detail?: AuditEvent['detail']): AuditEvent {
  return { tenantDomain: caller.tenantDomain, ...authorOf(caller), action, target, detail };
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
