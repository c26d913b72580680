import type { AccessTokenRecord, RefreshTokenRecord, RefreshTokenState, Rotation } from '../../oauth2/model.js';
import { fromConfirmationText, fromScopeText, type GrantColumns, toGrant } from './grant-rows.js';

export interface AccessTokenColumns extends GrantColumns {
  hash: Buffer;
  scope: string;
  issued_at: number;
  expires_at: number | null;
  confirmation: string | null;
  revoked: boolean;
}

export function toAccessToken(row: AccessTokenColumns): AccessTokenRecord {
  return {
    hash: row.hash,
    grant: toGrant(row),
    scope: fromScopeText(row.scope),
    issuedAt: row.issued_at,
    expiresAt: row.expires_at ?? undefined,
    ...fromConfirmationText(row.confirmation),
    revoked: row.revoked,
  };
}

export interface RefreshTokenColumns extends GrantColumns {
  hash: Buffer;
  generation: number;
  scope: string;
  issued_at: number;
  expires_at: number | null;
  confirmation: string | null;
  state: RefreshTokenState;
  rotated_at: number | null;
  salt: Buffer | null;
  replays: number;
  successor_used: boolean;
  successor_scope: string | null;
  successor_expires_at: number | null;
  successor_confirmation: string | null;
  alive: boolean;
}

export function toRefreshToken(row: RefreshTokenColumns): RefreshTokenRecord {
  const rotation = toRotation(row);
  return {
    hash: row.hash,
    grant: toGrant(row),
    generation: row.generation,
    scope: fromScopeText(row.scope),
    issuedAt: row.issued_at,
    expiresAt: row.expires_at ?? undefined,
    ...fromConfirmationText(row.confirmation),
    state: row.alive ? row.state : 'REVOKED',
    ...(rotation === undefined ? {} : { rotation }),
  };
}

function toRotation(row: RefreshTokenColumns): Rotation | undefined {
  if (row.rotated_at === null || row.salt === null) return undefined;
  return {
    rotatedAt: row.rotated_at,
    salt: row.salt,
    replays: row.replays,
    successorUsed: row.successor_used,
    successorAccessToken: {
      scope: fromScopeText(row.successor_scope ?? ''),
      expiresAt: row.successor_expires_at ?? undefined,
      ...fromConfirmationText(row.successor_confirmation),
    },
  };
}
