import { endSubjectGrants } from './coarse-revocation.js';
import type { Session } from './database.js';
import { appendRevocations } from './feed-numbers.js';

/**
 * Ends every token of the users, in this transaction; with their clients, also what those got for themselves by
 * client_credentials, which rests on the roles of the owner. Gateways are told.
 */
export async function endUserTokens(
  session: Session,
  now: number,
  fullNames: readonly string[],
  { withClients }: { readonly withClients: boolean },
): Promise<void> {
  if (fullNames.length === 0) return;
  const clientIds = withClients ? await clientsOf(session, fullNames) : [];
  const ended = await endSubjectGrants(session, [...fullNames, ...clientIds]);
  await appendRevocations(session, { revokedAt: now, now }, ended);
}

async function clientsOf(session: Session, owners: readonly string[]): Promise<string[]> {
  const sql = 'select client_id from oauth_clients where owner = any($1::text[])';
  return (await session.rows<{ client_id: string }>(sql, [owners])).map(({ client_id }) => client_id);
}
