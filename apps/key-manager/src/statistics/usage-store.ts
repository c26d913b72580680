/** How many answers of one status class an API gave to an application in one minute. */
export interface UsageCount {
  /** Milliseconds since the epoch, start of the minute. */
  readonly minute: number;
  readonly apiId: string;
  readonly applicationId: string;
  /** First digit of the HTTP status: 2, 3, 4 or 5. */
  readonly statusClass: number;
  readonly requests: number;
}

export const UsageStore = Symbol('UsageStore');
export interface UsageStore {
  /** Adds to what was counted before for the same minute, API, application and class. Resolves after the commit. */
  addUsage(counts: readonly UsageCount[]): Promise<void>;
}
