/** `[DOMAIN/]name[@tenant]` taken apart (WSO2). The tenant is what follows the last `@`. */
export interface UserName {
  readonly domain: string;
  readonly username: string;
  readonly tenantDomain: string;
}

export const superTenant = 'carbon.super';
export const primaryDomain = 'PRIMARY';

/** Reads a login name. Without a tenant it is the super tenant's, without a domain the PRIMARY store's. */
export function parseUserName(login: string): UserName {
  const at = login.lastIndexOf('@');
  const tenantDomain = at > 0 ? login.slice(at + 1).toLowerCase() : superTenant;
  let username = at > 0 ? login.slice(0, at) : login;
  let domain: string = primaryDomain;
  // PRIMARY is never written in the full form, so what follows it may be a domain again: `PRIMARY/LDAP/bob` must not
  // become a user of PRIMARY whose full name is that of LDAP's bob.
  for (let slash = username.indexOf('/'); slash > 0 && domain === primaryDomain; slash = username.indexOf('/')) {
    domain = username.slice(0, slash).toUpperCase();
    username = username.slice(slash + 1);
  }
  return { domain, username, tenantDomain };
}

/** The form kept in tokens and rows: `name@tenant`, with the domain in front unless it is PRIMARY. */
export function fullUserName({ domain, username, tenantDomain }: UserName): string {
  const local = domain === primaryDomain ? username : `${domain}/${username}`;
  return `${local}@${tenantDomain}`;
}

/** The form shown to people and REST clients: the super tenant's suffix is left out (WSO2). */
export function displayUserName(fullName: string): string {
  return fullName.endsWith(`@${superTenant}`) ? fullName.slice(0, -superTenant.length - 1) : fullName;
}
