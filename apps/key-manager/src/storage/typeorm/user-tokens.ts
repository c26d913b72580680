import { endSubjectGrants } from './coarse-revocation.js';
import type { Session } from './database.js';
import { appendRevocations, type NewRevocation } from './feed-numbers.js';

/**
 * Ends every token of the users, in this transaction; with their clients, also what those got for themselves by
 * client_credentials, which rests on the roles of the owner. Gateways are told, and of what `also` has ended.
 */
export async function endUserTokens(
  session: Session,
  now: number,
  fullNames: readonly string[],
  { withClients, also = [] }: { readonly withClients: boolean; readonly also?: readonly NewRevocation[] },
): Promise<void> {
  if (fullNames.length === 0) return;
  // First the users, whose rows stay locked: what `holdOwner` let pass before is seen by the statement that follows.
  const users = await endSubjectGrants(session, fullNames);
  const clients = withClients ? await endSubjectGrants(session, await clientsOf(session, fullNames)) : [];
  await appendRevocations(session, { revokedAt: now, now }, [...users, ...clients, ...also]);
}

/**
 * Lets nothing end the owner's tokens until this transaction is over, which makes a client of the owner. Otherwise the
 * client could appear beside a role that is being taken, be missed, and keep a token that rests on that role.
 */
export async function holdOwner(session: Session, owner: string): Promise<void> {
  await session.changed(
    `insert into subject_epochs (subject, token_epoch) values ($1, 0)
     on conflict (subject) do update set token_epoch = subject_epochs.token_epoch`,
    [owner],
  );
}

async function clientsOf(session: Session, owners: readonly string[]): Promise<string[]> {
  const sql = 'select client_id from oauth_clients where owner = any($1::text[])';
  return (await session.rows<{ client_id: string }>(sql, [owners])).map(({ client_id }) => client_id);
}
