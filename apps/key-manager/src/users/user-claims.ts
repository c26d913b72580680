import type { UserClaims } from '../oauth2/userinfo.js';
import type { User } from './user.js';
import { displayUserName, fullUserName, parseUserName } from './user-name.js';
import type { UserStore } from './user-store.js';

type Claims = Record<string, unknown>;

/** OpenID Connect Core §5.4: which scope asks for which claims. What is not known of a user is left out. */
const byScope: Readonly<Record<string, (user: User) => Claims>> = {
  profile: (user) => ({
    name: nameOf(user),
    given_name: user.claims.givenName,
    family_name: user.claims.familyName,
    preferred_username: displayUserName(fullUserName(user)),
    updated_at: Math.floor(user.updatedAt / 1_000),
    organization: user.claims.organization,
  }),
  email: ({ claims }) => ({ email: claims.email }),
  phone: ({ claims }) => ({ phone_number: claims.phoneNumber }),
  groups: ({ roles }) => ({ groups: roles }),
};

/** Scopes that `userinfo` answers with claims, for the metadata. */
export const claimScopes: readonly string[] = Object.keys(byScope);

/** Claims that may be answered, for the metadata. */
export const claimNames: readonly string[] = [
  ...['name', 'given_name', 'family_name', 'preferred_username', 'updated_at', 'organization'],
  ...['email', 'phone_number', 'groups'],
];

/** Claims from the user store, as of now. */
export class StoredUserClaims implements UserClaims {
  constructor(private readonly users: Pick<UserStore, 'findUser'>) {}

  async claimsOf(subject: string, scope: readonly string[]): Promise<Claims | undefined> {
    const user = await this.users.findUser(parseUserName(subject));
    if (!user || user.locked) return undefined;
    const claims = scope.map((name) => (Object.hasOwn(byScope, name) ? byScope[name]?.(user) : undefined));
    const entries = Object.entries(Object.assign({}, ...claims) as Claims);
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined && value !== ''));
  }
}

function nameOf({ claims: { givenName, familyName } }: User): string | undefined {
  return [givenName, familyName].filter(Boolean).join(' ') || undefined;
}
