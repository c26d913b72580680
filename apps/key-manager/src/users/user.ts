/** A person or system user that can log in. Role names are case-sensitive, user names are not (by default). */
export interface User {
  readonly id: string;
  readonly tenantDomain: string;
  /** User store domain, `PRIMARY` by default. */
  readonly domain: string;
  readonly username: string;
  readonly locked: boolean;
  readonly roles: readonly string[];
  /** SCIM and WSO2 claims: `givenName`, `email`, `organization` … */
  readonly claims: Readonly<Record<string, string>>;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** argon2id PHC string beside the user it belongs to. */
export interface UserWithPassword extends User {
  readonly passwordHash: string;
}

/** A user as read for a login, with the epoch of that moment: whatever ends the user's tokens moves it on. */
export interface UserAtLogin extends UserWithPassword {
  readonly tokenEpoch: number;
}

/** Role names every tenant starts with (WSO2). */
export const builtInRoles = [
  'admin',
  'Internal/everyone',
  'Internal/creator',
  'Internal/publisher',
  'Internal/subscriber',
  'Internal/selfsignup',
  'Internal/devops',
  'Internal/analytics',
] as const;
