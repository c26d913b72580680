import { Refusal } from '../refusal.js';
import { superTenant } from '../users/user-name.js';

const versionVariable = '{version}';

/** What requests start with: the context with `{version}` filled in, or followed by the version (WSO2). */
export function effectiveContext(context: string, version: string): string {
  return context.includes(versionVariable) ? context.replaceAll(versionVariable, version) : `${context}/${version}`;
}

/** The same without the version, for the API's default version. */
export function defaultContext(context: string): string {
  return context.replaceAll(`/${versionVariable}`, '').replaceAll(versionVariable, '') || '/';
}

/** Below `/t/<tenant>` for every tenant but the super tenant, which may not use that part of the space (WSO2). */
export function tenantContext(context: string, tenantDomain: string): string {
  const rooted = context.startsWith('/') ? context : `/${context}`;
  if (tenantDomain === superTenant) {
    if (/^\/t(\/|$)/.test(rooted)) throw new Refusal('invalid', 'A context cannot begin with /t/');
    return rooted;
  }
  const root = `/t/${tenantDomain}`;
  return rooted.startsWith(`${root}/`) ? rooted : `${root}${rooted}`;
}
