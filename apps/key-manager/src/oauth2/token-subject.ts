import type { GrantRecord } from './model.js';

/**
 * `sub` of a token (RFC 9068 §2.2, RFC 7662 §2.2): the user, or the client where no user is involved. A user of another
 * issuer keeps the name that the issuer has for them, unless a user here could be taken for them.
 */
export function tokenSubject({
  subject,
  clientId,
  details,
}: Pick<GrantRecord, 'subject' | 'clientId' | 'details'>): string {
  const federation = details?.federation;
  return federation?.isUnmistakable ? federation.subject : (subject ?? clientId);
}
