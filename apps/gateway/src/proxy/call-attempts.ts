import type { BackendAddress } from './backend-address.js';
import type { BackendPool } from './backend-pool.js';

/** Where a call has been and how it fared there. */
export class CallAttempts {
  /** Where the attempt under way goes, or the last one went. */
  address: BackendAddress | undefined;
  /** Where it failed. */
  tried: readonly BackendAddress[] = noAddresses;
  retries = 0;
  /** Whether the attempt under way has told anything about its address. */
  isJudged = false;
  /** Given to a pool and not yet released by it. */
  pool: BackendPool | undefined;
  /** Credentials of the attempt under way; a refused one is not sent again. */
  authorization: string | undefined;
  /** Sent again because a backend refused the credentials. */
  isReplayed = false;
  /** Holds a place of the endpoint's own limit. */
  hasPlace = false;
  deadline: NodeJS.Timeout | undefined;
}

const noAddresses: readonly BackendAddress[] = [];
