import { z } from 'zod';
import { Refusal } from '../../refusal.js';
import type { User } from '../../users/user.js';
import { displayUserName, fullUserName, parseUserName, type UserName } from '../../users/user-name.js';
import { prefixes } from '../prefixes.js';

const text = z.string().max(1_024);
/** A bare value, or SCIM's object around it. */
const valued = z.union([text, z.looseObject({ value: text.optional(), display: text.optional() })]);

/** Attributes that are kept as claims (RFC 7643 §4.1, and WSO2's own schema). */
export const userAttributes = z.looseObject({
  name: z.looseObject({ givenName: text.optional(), familyName: text.optional() }).nullish(),
  emails: z.array(valued).max(20).nullish(),
  active: z.boolean().nullish(),
  roles: z.array(valued).max(200).nullish(),
  password: z.string().optional(),
  'urn:scim:wso2:schema': z.looseObject({ organization: text.optional() }).nullish(),
});

export type UserAttributes = z.output<typeof userAttributes>;

/** POST /Users. */
export const newUser = userAttributes.extend({ userName: z.string().min(1).max(512), password: z.string() });

export const userAnswer = z.looseObject({ id: z.string(), userName: z.string(), active: z.boolean() });

/** The claims that are said; those that are not stay as they are. */
export function claimsOf({ name, emails, 'urn:scim:wso2:schema': wso2 }: UserAttributes): Record<string, string> {
  const said = {
    givenName: name?.givenName,
    familyName: name?.familyName,
    email: emails?.[0] === undefined ? undefined : plainText(emails[0]),
    organization: wso2?.organization,
  };
  return Object.fromEntries(Object.entries(said).filter((claim): claim is [string, string] => claim[1] !== undefined));
}

export function rolesOf({ roles }: UserAttributes): string[] | undefined {
  return roles ? [...new Set(roles.map(plainText).filter((name) => name !== ''))] : undefined;
}

function plainText(given: z.output<typeof valued>): string {
  return typeof given === 'string' ? given : (given.value ?? given.display ?? '');
}

/** A name of the tenant; it may say so itself, and may not say another one. */
export function nameInTenant(userName: string, tenantDomain: string): UserName {
  const name = parseUserName(userName.includes('@') ? userName : `${userName}@${tenantDomain}`);
  if (name.tenantDomain === tenantDomain) return name;
  throw new Refusal('invalid', `The user name ${userName} belongs to another tenant`);
}

export function toUserResource(user: User) {
  const { givenName, familyName, email, organization } = user.claims;
  const location = `${prefixes.scim}/Users/${user.id}`;
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
    id: user.id,
    userName: displayUserName(fullUserName(user)),
    active: !user.locked,
    ...(givenName || familyName ? { name: { givenName, familyName } } : {}),
    ...(email ? { emails: [{ value: email, primary: true }] } : {}),
    ...(organization ? { 'urn:scim:wso2:schema': { organization } } : {}),
    roles: user.roles.map((role) => ({ value: role, display: role })),
    meta: {
      resourceType: 'User',
      created: new Date(user.createdAt).toISOString(),
      lastModified: new Date(user.updatedAt).toISOString(),
      location,
    },
  };
}
