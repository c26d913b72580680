import { Refusal } from '../../refusal.js';
import type { PatchOperation } from './scim-messages.js';
import { rolesOf, type UserAttributes, userAttributes } from './user-resource.js';

const extension = 'urn:scim:wso2:schema';

/** Attribute paths that can be changed, and how each is written as a whole user (RFC 7644 §3.5.2). */
const paths: Readonly<Record<string, (value: unknown) => unknown>> = {
  password: (password) => ({ password }),
  active: (active) => ({ active: active === 'true' ? true : active === 'false' ? false : active }),
  name: (name) => ({ name }),
  'name.givenname': (givenName) => ({ name: { givenName } }),
  'name.familyname': (familyName) => ({ name: { familyName } }),
  emails: (emails) => ({ emails: Array.isArray(emails) ? emails : [emails] }),
  roles: (roles) => ({ roles: Array.isArray(roles) ? roles : [roles] }),
  [extension]: (value) => ({ [extension]: value }),
  [`${extension}:organization`]: (organization) => ({ [extension]: { organization } }),
};

/** What a PATCH asks for, all operations together, as attributes to set; roles are worked out against those held. */
export function attributesOf(operations: readonly PatchOperation[], held: readonly string[]): UserAttributes {
  const said: UserAttributes = {};
  for (const operation of operations) {
    const next = attributesOfOne(operation, rolesOf(said) ?? held);
    const name = next.name ? { name: { ...said.name, ...next.name } } : {};
    Object.assign(said, next, name);
  }
  return said;
}

function attributesOfOne(operation: PatchOperation, held: readonly string[]): UserAttributes {
  const { op, path } = operation;
  if (op === 'remove') return removal(operation, held);
  const read = userAttributes.safeParse(path === undefined ? operation.value : at(path)(operation.value));
  if (!read.success) throw new Refusal('invalid', `The value of ${path ?? 'the operation'} does not fit`);
  const roles = op === 'add' ? rolesOf(read.data) : undefined;
  return roles ? { ...read.data, roles: [...held, ...roles] } : read.data;
}

function at(path: string): (value: unknown) => unknown {
  const name = path.toLowerCase();
  const write = Object.hasOwn(paths, name) ? paths[name] : undefined;
  if (!write) throw new Refusal('invalid', `The path ${path} cannot be changed`);
  return write;
}

/** Roles are what can be taken away: all of them, or `roles[value eq "name"]`. */
function removal({ path = '', value }: PatchOperation, held: readonly string[]): UserAttributes {
  const [, named] = /^roles\[(?:value|display) eq "([^"]*)"\]$/i.exec(path) ?? [];
  if (named !== undefined) return { roles: held.filter((role) => role !== named) };
  if (path.toLowerCase() !== 'roles') throw new Refusal('invalid', `The path ${path} cannot be removed`);
  if (value === undefined) return { roles: [] };
  const read = userAttributes.safeParse(at('roles')(value));
  const taken = (read.success && rolesOf(read.data)) || [];
  return { roles: held.filter((role) => !taken.includes(role)) };
}
