import type { ApplicationKeyFacts } from '../oauth2/api-keys.js';
import type { KeyType } from '../oauth2/model.js';

/** A key that an application shows as it is (WSO2: API key). Its value is shown once and kept nowhere. */
export interface ApiKey extends ApplicationKeyFacts {
  readonly name: string;
  /** Full user name of who made it, and alone lists and revokes it. */
  readonly owner: string;
}

/** The keys of one kind that somebody has for an application. */
export interface ApiKeysOf {
  readonly applicationId: string;
  readonly keyType: KeyType;
  readonly owner: string;
}
