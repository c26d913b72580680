/** How many guesses are free, and what follows. The `loginThrottle` section of the settings, in milliseconds. */
export interface ThrottleRule {
  /** Attempts of one login from one network before the first delay. */
  readonly freeAttempts: number;
  /** The first delay; every further failure doubles it. */
  readonly baseDelayMillis: number;
  readonly maxDelayMillis: number;
  /** Failures of one network, whatever the login: so many at once, and as many again in every window. */
  readonly networkFreeAttempts: number;
  /** How long failures of a login are remembered after the last attempt. */
  readonly windowMillis: number;
}

/** Whom an attempt is counted against. Both are keyed digests: stores see neither names nor addresses. */
export interface AttemptSource {
  /** This login from this network. */
  readonly login: string;
  /** The network; undefined where one network stands for many users, so that it says nothing about one of them. */
  readonly network: string | undefined;
}

export interface Admitted {
  readonly admitted: true;
  /** End of the delay that this attempt has set for the next one; 0 for none. */
  readonly blockedUntil: number;
}

export interface Refused {
  readonly admitted: false;
  readonly reason: 'login' | 'network';
  readonly retryAfterMillis: number;
  /** Attempts are being checked whose outcome may lift the refusal. A hint: it can be true for too long. */
  readonly isOpen: boolean;
}

export type Admission = Admitted | Refused;

/** How an admitted attempt ended; `none` when the password was not looked at. */
export type Verdict = 'right' | 'wrong' | 'none';

/**
 * Counts attempts to log in. An attempt counts against its login from the moment it is admitted, before the password
 * is checked: of any number of parallel guesses only the free ones get through. It counts against its network when it
 * has failed. A refused attempt changes nothing, so nobody can prolong the delay of somebody else by asking.
 */
export interface LoginAttempts {
  admit(source: AttemptSource): Promise<Admission>;
  /** To be called once for every admitted attempt. A right one forgets what the login had against it. */
  settle(source: AttemptSource, admission: Admitted, verdict: Verdict): Promise<void>;
}

/** The delay after the `attempts`-th attempt in a row. */
export function delayAfter(attempts: number, rule: ThrottleRule): number {
  const exponent = attempts - rule.freeAttempts;
  if (exponent < 0) return 0;
  return Math.min(rule.maxDelayMillis, rule.baseDelayMillis * 2 ** Math.min(exponent, 30));
}

/** A network's failures run off evenly, `networkFreeAttempts` in a window. What is above that is a debt. */
export function levelNow(level: number, sinceMillis: number, rule: ThrottleRule): number {
  return Math.max(0, level - (Math.max(0, sinceMillis) * rule.networkFreeAttempts) / rule.windowMillis);
}

/** How long until there is room for one more failure; 0 when there is. */
export function networkDelay(level: number, rule: ThrottleRule): number {
  const excess = Math.max(0, level + 1 - rule.networkFreeAttempts);
  return Math.ceil((excess * rule.windowMillis) / rule.networkFreeAttempts);
}
