import type { findKey } from '../../applications/keys.js';
import { type Caller, token } from '../rest/caller.js';

/** Who may manage consumer keys. */
export const access = token('subscribe', 'app_manage');

export const keyPath = '/applications/{applicationId}/oauth-keys/{keyMappingId}';

/** The key that a path names, if the caller owns the application. */
export type OwnKey = (
  caller: Caller,
  parameters: { applicationId: string; keyMappingId: string },
) => ReturnType<typeof findKey>;
