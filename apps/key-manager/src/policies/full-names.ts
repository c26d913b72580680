/** The user with the tenant's name behind, which may have been left out. */
export function userInTenant(name: string, tenantDomain: string): string {
  const suffix = `@${tenantDomain}`;
  return name.endsWith(suffix) ? name : name + suffix;
}

/** `<owner>:<name>` of an application, taken apart at the first colon; the owner by full name. */
export function applicationInTenant(value: string, tenantDomain: string): { owner: string; name: string } {
  const colon = value.indexOf(':');
  return { owner: userInTenant(value.slice(0, Math.max(colon, 0)), tenantDomain), name: value.slice(colon + 1) };
}
