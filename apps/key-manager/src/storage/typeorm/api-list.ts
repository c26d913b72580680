import type { Api } from '../../apis/api.js';
import type { ApiStore } from '../../apis/api-store.js';
import { nameKey, toApi } from './api-rows.js';
import type { Session } from './database.js';
import { apiEntity } from './entities/api.entity.js';

type Page = Parameters<ApiStore['listApis']>[0];

/** One page, narrowed by the database so that pages are full and the total is right. */
export async function listApis(session: Session, page: Page): Promise<{ apis: Api[]; total: number }> {
  const query = session.table(apiEntity).createQueryBuilder('a');
  query.where('a.tenantDomain = :tenantDomain', { tenantDomain: page.tenantDomain });
  if (page.query) query.andWhere('strpos(a.nameKey, :part) > 0', { part: nameKey(page.query) });
  if (page.statuses) query.andWhere('a.lifeCycleStatus = any(:statuses)', { statuses: page.statuses });
  if (page.isStranger) query.andWhere(`a.body ->> 'visibility' is distinct from 'PRIVATE'`);
  if (page.visibleTo) {
    query.andWhere(opensTo('visibility', 'visibleRoles', ':visibleTo'), { visibleTo: page.visibleTo });
  }
  if (page.accessibleTo) {
    query.andWhere(opensTo('accessControl', 'accessControlRoles', ':accessibleTo'), {
      accessibleTo: page.accessibleTo,
    });
  }
  query.orderBy('a.nameKey').addOrderBy('a.version').addOrderBy('a.id');
  const [rows, total] = await query.offset(page.offset).limit(page.limit).getManyAndCount();
  return { apis: rows.map(toApi), total };
}

/** As `isListed`: what is not restricted, or restricted to one of the roles. */
function opensTo(member: string, rolesMember: string, roles: string): string {
  return (
    `(a.body ->> '${member}' is distinct from 'RESTRICTED' or ` +
    `(jsonb_typeof(a.body -> '${rolesMember}') = 'array' and jsonb_exists_any(a.body -> '${rolesMember}', ${roles})))`
  );
}
