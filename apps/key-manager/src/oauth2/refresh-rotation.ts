import type { Client, RefreshTokenRecord, Rotation } from './model.js';
import type { OAuth2Settings } from './settings.js';

/** How often one successor is handed out again after the first answer. */
export const maxReplays = 3;

/** Presentations this soon after the rotation were sent before its answer could arrive. */
export const burstMillis = 2_000;

/**
 * The rotation that a second presentation may repeat: it lies inside the grace window and its successor was never used.
 * The window starts at the rotation and is never extended; 0 seconds turn it off.
 */
export function repeatableRotation(
  record: RefreshTokenRecord,
  client: Client,
  settings: Pick<OAuth2Settings, 'refreshGraceSeconds'>,
  now: number,
): Rotation | undefined {
  const { rotation } = record;
  if (record.state !== 'ROTATED' || !rotation || rotation.successorUsed) return undefined;
  const graceSeconds = settings.refreshGraceSeconds[client.confidential ? 'confidential' : 'public'];
  const isInside = graceSeconds > 0 && now - rotation.rotatedAt <= graceSeconds * 1_000;
  return isInside ? rotation : undefined;
}
