import type { z } from 'zod';
import { Refusal } from '../../refusal.js';
import { NotFound } from '../../storage/errors.js';
import type { User } from '../../users/user.js';
import type { UserAccounts } from '../../users/user-accounts.js';
import { fullUserName } from '../../users/user-name.js';
import type { RoleChange, UserStore } from '../../users/user-store.js';
import { isUuid } from '../../uuid.js';
import { prefixes } from '../prefixes.js';
import { authorOf } from '../rest/audited.js';
import { type Caller, password } from '../rest/caller.js';
import { Answer, type Route, route } from '../rest/route.js';
import { equalsFilter, listQuery, listResponse, patchBody } from './scim-messages.js';
import { attributesOf } from './user-patch.js';
import {
  claimsOf,
  nameInTenant,
  newUser,
  rolesOf,
  toUserResource,
  type UserAttributes,
  userAnswer,
  userAttributes,
} from './user-resource.js';

export interface UserRoutePorts {
  readonly users: UserStore;
  readonly accounts: UserAccounts;
}

const access = password('admin');
const one = '/Users/{userId}';

/** RFC 7644, for the users of the administrator's own tenant. */
export function userRoutes(ports: UserRoutePorts): Route[] {
  const { users } = ports;
  return [
    route({
      method: 'GET',
      path: '/Users',
      summary: 'Users; filter by userName eq "name".',
      access,
      query: listQuery,
      async handle({ tenantDomain }, { query: { filter, startIndex, count } }) {
        const wanted = equalsFilter(filter, 'userName');
        const found = await users.listUsers(tenantDomain, {
          ...(wanted === undefined ? {} : { username: nameInTenant(wanted, tenantDomain).username }),
          offset: startIndex - 1,
          limit: count,
        });
        return listResponse(found.users.map(toUserResource), found.total, startIndex);
      },
    }),
    route({
      method: 'POST',
      path: '/Users',
      summary: 'Makes a user.',
      access,
      body: newUser,
      status: 201,
      answer: userAnswer,
      audit: 'by handler',
      async handle(caller, { body }) {
        const user = await create(ports, caller, body);
        return new Answer(toUserResource(user), { headers: { Location: `${prefixes.scim}/Users/${user.id}` } });
      },
    }),
    route({
      method: 'GET',
      path: one,
      summary: 'One user.',
      access,
      answer: userAnswer,
      handle: async (caller, { parameters }) => toUserResource(await find(users, caller, parameters.userId)),
    }),
    ...changingRoutes(ports),
  ];
}

function changingRoutes(ports: UserRoutePorts): Route[] {
  const { users, accounts } = ports;
  return [
    route({
      method: 'PUT',
      path: one,
      summary: 'Sets attributes of a user; the name stays.',
      access,
      body: userAttributes,
      answer: userAnswer,
      audit: 'by handler',
      async handle(caller, { parameters, body }) {
        const user = await find(users, caller, parameters.userId);
        return toUserResource(await apply(ports, caller, user, body));
      },
    }),
    route({
      method: 'PATCH',
      path: one,
      summary:
        'Changes attributes, the password or the roles of a user. A new password or a lost role ends every token.',
      access,
      body: patchBody,
      answer: userAnswer,
      audit: 'by handler',
      async handle(caller, { parameters, body }) {
        const user = await find(users, caller, parameters.userId);
        const attributes = attributesOf(body.Operations, user.roles);
        const roles = (held: readonly string[]) => rolesOf(attributesOf(body.Operations, held)) ?? held;
        return toUserResource(await apply(ports, caller, user, attributes, rolesOf(attributes) && roles));
      },
    }),
    route({
      method: 'DELETE',
      path: one,
      summary: 'Deletes a user and ends every token.',
      access,
      status: 204,
      audit: 'by handler',
      async handle(caller, { parameters }) {
        const user = await find(users, caller, parameters.userId);
        if (fullUserName(user) === caller.subject) throw new Refusal('forbidden', 'Nobody deletes the own account');
        await accounts.delete(user, authorOf(caller));
      },
    }),
  ];
}

async function create(ports: UserRoutePorts, caller: Caller, body: z.output<typeof newUser>): Promise<User> {
  const account = {
    name: nameInTenant(body.userName, caller.tenantDomain),
    password: body.password,
    roles: rolesOf(body) ?? [],
    claims: claimsOf(body),
  };
  const user = await orUnknownRole(() => ports.accounts.create(account, authorOf(caller)));
  return body.active === false ? apply(ports, caller, user, { active: false }) : user;
}

async function find(users: UserStore, { tenantDomain }: Caller, id: string): Promise<User> {
  const user = isUuid(id) ? await users.findUserById(tenantDomain, id) : undefined;
  if (!user) throw new Refusal('not_found', `User ${id} not found`);
  return user;
}

/** Applies what is said and leaves the rest. */
async function apply(
  { users, accounts }: UserRoutePorts,
  caller: Caller,
  user: User,
  said: UserAttributes,
  roles: RoleChange | undefined = rolesOf(said),
): Promise<User> {
  const author = authorOf(caller);
  const claims = claimsOf(said);
  if (Object.keys(claims).length > 0) await accounts.setClaims(user, claims, author);
  if (roles) await orUnknownRole(() => accounts.setRoles(user, roles, author));
  if (said.password !== undefined) await accounts.setPassword(user, said.password, author);
  if (typeof said.active === 'boolean' && said.active === user.locked) {
    await accounts.setLocked(user, !said.active, author);
  }
  return find(users, caller, user.id);
}

/** A role that is not there is a wrong value, not a missing resource. */
async function orUnknownRole<T>(change: () => Promise<T>): Promise<T> {
  try {
    return await change();
  } catch (error) {
    throw error instanceof NotFound ? new Refusal('invalid', error.message) : error;
  }
}
