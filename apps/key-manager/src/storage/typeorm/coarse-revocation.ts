import type { Session } from './database.js';
import type { NewRevocation } from './feed-numbers.js';

/** Ends every grant of the client at once, however many there are; append the answer to the revocations. */
export async function endClientGrants(session: Session, clientId: string): Promise<NewRevocation> {
  await session.changed('update oauth_clients set token_epoch = token_epoch + 1 where client_id = $1', [clientId]);
  return { target: { kind: 'client', clientId } };
}

/** Ends every grant of the subject at once; append the answer to the revocations. */
export async function endSubjectGrants(session: Session, subject: string): Promise<NewRevocation> {
  await session.changed(
    `insert into subject_epochs (subject, token_epoch) values ($1, 1)
     on conflict (subject) do update set token_epoch = subject_epochs.token_epoch + 1`,
    [subject],
  );
  return { target: { kind: 'subject', subject } };
}
