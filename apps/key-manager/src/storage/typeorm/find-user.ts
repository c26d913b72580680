import type { UserAtLogin } from '../../users/user.js';
import type { Statement } from './hot-statements.js';

/**
 * A user with roles, password hash and token epoch, for a login: all of one snapshot, so that nobody is taken to hold
 * what was lost before that epoch. One statement whether or not there is such a user: a second one for
 * the roles of those who exist would make the answer tell who does.
 */
export const findUserStatement: Statement = {
  name: 'find_user',
  text: `
select u.id, u.tenant_domain, u.domain, u.username, u.password_hash, u.locked, u.claims, u.created_at, u.updated_at,
  array(select r.name from user_roles ur join roles r on r.id = ur.role_id where ur.user_id = u.id order by r.name) as roles,
  coalesce((select s.token_epoch from subject_epochs s where s.subject =
    case u.domain when 'PRIMARY' then '' else u.domain || '/' end || u.username || '@' || u.tenant_domain), 0) as token_epoch
from users u where u.tenant_domain = $1 and u.domain = $2 and u.username_key = $3`,
};

export interface UserColumns {
  id: string;
  tenant_domain: string;
  domain: string;
  username: string;
  password_hash: string;
  locked: boolean;
  claims: Record<string, string>;
  created_at: number;
  updated_at: number;
  roles: string[];
  token_epoch: number;
}

export function toUserAtLogin(row: UserColumns): UserAtLogin {
  return {
    id: row.id,
    tenantDomain: row.tenant_domain,
    domain: row.domain,
    username: row.username,
    passwordHash: row.password_hash,
    locked: row.locked,
    claims: row.claims,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    roles: row.roles,
    tokenEpoch: row.token_epoch,
  };
}
