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
  const local = at > 0 ? login.slice(0, at) : login;
  const slash = local.indexOf('/');
  return slash > 0
    ? { domain: local.slice(0, slash).toUpperCase(), username: local.slice(slash + 1), tenantDomain }
    : { domain: primaryDomain, username: local, tenantDomain };
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
