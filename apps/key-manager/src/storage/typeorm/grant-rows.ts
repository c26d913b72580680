import type { Confirmation, GrantDetails, GrantRecord, TokenKind } from '../../oauth2/model.js';

/** Columns of a grant, and whether it lives, for a query that calls the table `g`. */
export const grantColumns = `g.id as grant_id, g.tenant_domain, g.client_id, g.subject, g.kind,
  g.created_at as grant_created_at, g.expires_at as grant_expires_at, g.details`;

/**
 * A grant lives while it is not revoked, its client is registered and active, and neither the client's nor the
 * subject's epoch has moved on since it was made. The subject of what a client got for itself is the client.
 */
export const grantIsAlive = `(g.revoked_at is null
  and exists (select from oauth_clients c
    where c.client_id = g.client_id and c.active and c.token_epoch = g.client_epoch)
  and g.subject_epoch = coalesce(
    (select s.token_epoch from subject_epochs s where s.subject = coalesce(g.subject, g.client_id)), 0))`;

/** Joins the epochs that a grant made now is made under; none for a client that is gone or inactive. */
export const joinEpochs = (item: string) => `join oauth_clients c on c.client_id = ${item}.client_id and c.active
  left join subject_epochs s on s.subject = coalesce(${item}.subject, ${item}.client_id)`;

/**
 * Whether the user whom the item rests on is under the same epoch still, or it rests on nobody. What decides is the
 * snapshot of the statement; a change that commits after it finds the row with the epoch of before, and that ends it.
 */
export const joinStanding = (item: string) => `left join subject_epochs r on r.subject = ${item}.rests_on`;
export const stands = (item: string) =>
  `(${item}.rests_on is null or ${item}.rests_on_epoch = coalesce(r.token_epoch, 0))`;

/** What the statements that insert tell of each item. */
export interface InsertedRow {
  readonly position: number;
  /** False: nothing was saved, since the user's epoch has moved on. */
  readonly stands: boolean;
}

export interface GrantColumns {
  grant_id: string;
  tenant_domain: string;
  client_id: string;
  subject: string | null;
  kind: TokenKind;
  grant_created_at: number;
  grant_expires_at: number | null;
  details: GrantDetails | null;
}

export function toGrant(row: GrantColumns): GrantRecord {
  return {
    id: row.grant_id,
    clientId: row.client_id,
    tenantDomain: row.tenant_domain,
    subject: row.subject ?? undefined,
    kind: row.kind,
    createdAt: row.grant_created_at,
    expiresAt: row.grant_expires_at ?? undefined,
    ...(row.details === null ? {} : { details: row.details }),
  };
}

/** Scopes as one text with blanks between (RFC 6749 §3.3). */
export const toScopeText = (scope: readonly string[]): string => scope.join(' ');
export const fromScopeText = (text: string): string[] => (text === '' ? [] : text.split(' '));

/** `jkt:…` or `x5t#S256:…`; null for a token of whoever bears it. */
export const toConfirmationText = (confirmation: Confirmation | undefined): string | null =>
  confirmation === undefined ? null : `${confirmation.method}:${confirmation.thumbprint}`;

export function fromConfirmationText(text: string | null): { readonly confirmation?: Confirmation } {
  if (text === null) return {};
  const colon = text.indexOf(':');
  const method = text.slice(0, colon) as Confirmation['method'];
  return { confirmation: { method, thumbprint: text.slice(colon + 1) } };
}
