import type { Session } from './database.js';
import type { NewRevocation } from './feed-numbers.js';

/** Ends every grant of the client at once, however many there are; append the answer to the revocations. */
export async function endClientGrants(session: Session, clientId: string): Promise<NewRevocation> {
  await session.changed('update oauth_clients set token_epoch = token_epoch + 1 where client_id = $1', [clientId]);
  return { target: { kind: 'client', clientId } };
}

/**
 * Ends every grant of the subjects at once; append the answer to the revocations. The subject of what a client got for
 * itself is the client (RFC 9068 §2.2).
 */
export async function endSubjectGrants(session: Session, subjects: readonly string[]): Promise<NewRevocation[]> {
  const inOrder = [...new Set(subjects)].sort();
  await session.changed(
    // In one order, so that two revocations cannot wait for each other in a circle.
    `insert into subject_epochs (subject, token_epoch)
     select subject, 1 from unnest($1::text[]) as t (subject) order by subject collate "C"
     on conflict (subject) do update set token_epoch = subject_epochs.token_epoch + 1`,
    [inOrder],
  );
  return inOrder.map((subject) => ({ target: { kind: 'subject', subject } }));
}
