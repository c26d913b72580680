import { OutdatedGrant } from './grant-errors.js';
import type { Authorization } from './model.js';
import type { ResourceOwners } from './ports.js';

/**
 * Decides and issues. When what was decided on has changed before it was saved, a client that acts for itself is
 * decided about once more: it did nothing wrong, and what its owner still may is its right. A user's grant was ended by
 * that change, so the answer stays `invalid_grant`.
 */
export async function unlessOutdated<T>(
  resourceOwners: Pick<ResourceOwners, 'forget'>,
  decide: () => Promise<Authorization>,
  issue: (authorization: Authorization) => Promise<T>,
): Promise<T> {
  const authorization = await decide();
  try {
    return await issue(authorization);
  } catch (thrown) {
    const { restsOn, subject } = authorization;
    if (!(thrown instanceof OutdatedGrant) || restsOn === undefined) throw thrown;
    resourceOwners.forget(restsOn.subject);
    if (subject !== undefined) throw thrown;
    return issue(await decide());
  }
}
