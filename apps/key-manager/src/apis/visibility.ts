import type { Api } from './api.js';

export interface Viewer {
  readonly tenantDomain: string;
  readonly roles: readonly string[];
}

/** Everybody, also who is not logged in. */
const everyone = 'Internal/everyone';
/** Those who make and publish APIs see every API of their tenant in the developer portal (WSO2). */
const apiTeam = ['admin', 'Internal/creator', 'Internal/publisher'];

/** Roles by which lists are narrowed to what a viewer may see; undefined when that is everything. */
export function visibilityRoles(viewer: Viewer): readonly string[] | undefined {
  return viewer.roles.some((role) => apiTeam.includes(role)) ? undefined : [...viewer.roles, everyone];
}

/** Somebody who is not logged in, or who looks at another tenant's APIs: users always have a role, at least everyone's. */
export function isStranger(viewer: Viewer): boolean {
  return viewer.roles.length === 0;
}

/** Whether the developer portal shows the API to the viewer at all. */
export function isVisibleTo(api: Api, viewer: Viewer): boolean {
  if (api.tenantDomain !== viewer.tenantDomain) return false;
  // WSO2: "visible to my domain".
  if (api.body.visibility === 'PRIVATE' && isStranger(viewer)) return false;
  const roles = visibilityRoles(viewer);
  return roles === undefined || api.body.visibility !== 'RESTRICTED' || shareAny(api.body.visibleRoles, roles);
}

/** Roles by which the publisher's lists are narrowed; undefined for admins, who may access every API. */
export function accessRoles(viewer: Viewer): readonly string[] | undefined {
  return viewer.roles.includes('admin') ? undefined : [...viewer.roles, everyone];
}

/** WSO2: publisher access control. */
export function isAccessibleTo(api: Api, viewer: Viewer): boolean {
  const roles = accessRoles(viewer);
  return roles === undefined || api.body.accessControl !== 'RESTRICTED' || shareAny(api.body.accessControlRoles, roles);
}

function shareAny(required: unknown, held: readonly string[]): boolean {
  return Array.isArray(required) && required.some((role) => held.includes(role));
}
