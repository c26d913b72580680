import type { ApiBody } from '../apis/api.js';

interface Reader {
  readonly visibleTo?: readonly string[];
  readonly isStranger?: boolean;
  readonly accessibleTo?: readonly string[];
}

/** Whether a list shows the API to somebody with these roles (WSO2: visibility in the store, access in the publisher). */
export function isListed(body: ApiBody, { visibleTo, isStranger, accessibleTo }: Reader): boolean {
  return (
    !(isStranger && body.visibility === 'PRIVATE') &&
    opens(body, 'visibility', 'visibleRoles', visibleTo) &&
    opens(body, 'accessControl', 'accessControlRoles', accessibleTo)
  );
}

function opens(body: ApiBody, member: string, rolesMember: string, roles: readonly string[] | undefined): boolean {
  if (roles === undefined || body[member] !== 'RESTRICTED') return true;
  const allowed = body[rolesMember];
  return Array.isArray(allowed) && allowed.some((role) => roles.includes(role));
}
