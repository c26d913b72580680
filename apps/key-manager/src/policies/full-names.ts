import { fullUserName, parseUserName } from '../users/user-name.js';
import type { UserStore } from '../users/user-store.js';

/** The user with the tenant's name behind, which may have been left out. */
export function userInTenant(name: string, tenantDomain: string): string {
  const suffix = `@${tenantDomain}`;
  return name.endsWith(suffix) ? name : name + suffix;
}

/** The user's full name as it is registered, which may differ in case; as it was said when there is no such user. */
export async function knownUser(
  users: Pick<UserStore, 'findUser'>,
  name: string,
  tenantDomain: string,
): Promise<string> {
  const said = userInTenant(name, tenantDomain);
  const user = await users.findUser(parseUserName(said));
  return user ? fullUserName(user) : said;
}

/** `<owner>:<name>` of an application, taken apart at the first colon; the owner by full name. */
export function applicationInTenant(value: string, tenantDomain: string): { owner: string; name: string } {
  const colon = value.indexOf(':');
  return { owner: userInTenant(value.slice(0, Math.max(colon, 0)), tenantDomain), name: value.slice(colon + 1) };
}
