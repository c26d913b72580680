import { parseUserName } from './user-name.js';
import type { UserStore } from './user-store.js';

/** What backends are told of a user, under WSO2's names for it. */
const names = {
  givenname: 'givenName',
  lastname: 'familyName',
  mobile: 'phoneNumber',
  organization: 'organization',
  emailaddress: 'email',
} as const;

/** As of now; undefined when there is nothing to tell. */
export function backendClaims(users: Pick<UserStore, 'findUser'>) {
  return async (subject: string): Promise<Readonly<Record<string, string>> | undefined> => {
    const user = await users.findUser(parseUserName(subject));
    if (!user || user.locked) return undefined;
    const claims = Object.entries(names).flatMap(([name, claim]) => {
      const value = user.claims[claim];
      return value === undefined || value === '' ? [] : [[name, value] as const];
    });
    return claims.length === 0 ? undefined : Object.fromEntries(claims);
  };
}
