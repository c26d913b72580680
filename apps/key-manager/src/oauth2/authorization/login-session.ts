/** A login in one browser, which later requests of that browser need not repeat. */
export interface LoginSession {
  /** SHA-256 of the cookie's value, 32 bytes. */
  readonly hash: Buffer;
  /** `sid` of id tokens. */
  readonly id: string;
  /** Full user name. */
  readonly subject: string;
  readonly tenantDomain: string;
  /** When the password was checked. */
  readonly authTime: number;
  readonly lastUsedAt: number;
  /** However much it is used. */
  readonly expiresAt: number;
  /** The epoch of the subject at login: it moves when the user gets another password, is locked or loses a role. */
  readonly subjectEpoch: number;
}

export const LoginSessionStore = Symbol('LoginSessionStore');
export interface LoginSessionStore {
  /** Under the epoch of the moment in which the password was right. Throws `AlreadyExists` for a hash that is there. */
  startSession(session: LoginSession): Promise<void>;
  /** Undefined also when the subject's epoch has moved on since; the caller judges the times. */
  findSession(hash: Buffer): Promise<LoginSession | undefined>;
  /** Notes that it was used. */
  touchSession(hash: Buffer, at: number): Promise<void>;
  /** False when there was none. */
  endSession(hash: Buffer): Promise<boolean>;
  /** Moves on with everything that ends the subject's tokens. */
  subjectEpoch(subject: string): Promise<number>;
}
