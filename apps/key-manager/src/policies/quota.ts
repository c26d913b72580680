/** A length of time in WSO2's words, which are kept as they came: `min`, `days`. */
export interface WindowLength {
  readonly timeUnit: string;
  readonly unitTime: number;
}

/** How much may be used in one window, in the words of the REST API. */
export type Quota =
  | {
      readonly type: 'REQUESTCOUNTLIMIT';
      readonly requestCount: WindowLength & { readonly requestCount: number };
    }
  | {
      readonly type: 'BANDWIDTHLIMIT';
      readonly bandwidth: WindowLength & { readonly dataAmount: number; readonly dataUnit: 'KB' | 'MB' };
    }
  | {
      readonly type: 'EVENTCOUNTLIMIT';
      readonly eventCount: WindowLength & { readonly eventCount: number };
    }
  | { readonly type: 'AIAPIQUOTALIMIT'; readonly aiApiQuota: AiQuota };

/** Counts of tokens are kept for those who read plans; gateways count requests. */
export type AiQuota = WindowLength & {
  readonly requestCount?: number | null | undefined;
  readonly totalTokenCount?: number | null | undefined;
  readonly promptTokenCount?: number | null | undefined;
  readonly completionTokenCount?: number | null | undefined;
};

/** WSO2 writes "as many as you like" like this. */
export const unlimitedCount = 2_147_483_647;

/** A quota as gateways count it. */
export interface CountedLimit {
  readonly unit: 'requests' | 'bytes' | 'events';
  readonly amount: number;
  readonly windowMillis: number;
}

/** Undefined: unlimited. */
export function countedLimit(quota: Quota): CountedLimit | undefined {
  switch (quota.type) {
    case 'REQUESTCOUNTLIMIT':
      return counted('requests', quota.requestCount.requestCount, quota.requestCount);
    case 'EVENTCOUNTLIMIT':
      return counted('events', quota.eventCount.eventCount, quota.eventCount);
    case 'AIAPIQUOTALIMIT':
      return counted('requests', quota.aiApiQuota.requestCount ?? unlimitedCount, quota.aiApiQuota);
    case 'BANDWIDTHLIMIT': {
      const { dataAmount, dataUnit } = quota.bandwidth;
      const amount = dataAmount * bytesOf[dataUnit];
      return { unit: 'bytes', amount, windowMillis: windowMillis(quota.bandwidth) };
    }
  }
}

const bytesOf = { KB: 1_024, MB: 1_048_576 } as const;

function counted(unit: 'requests' | 'events', amount: number, window: WindowLength): CountedLimit | undefined {
  return amount === unlimitedCount ? undefined : { unit, amount, windowMillis: windowMillis(window) };
}

/** The window of a quota, whatever it counts. */
export function windowOf(quota: Quota): WindowLength {
  switch (quota.type) {
    case 'REQUESTCOUNTLIMIT':
      return quota.requestCount;
    case 'EVENTCOUNTLIMIT':
      return quota.eventCount;
    case 'AIAPIQUOTALIMIT':
      return quota.aiApiQuota;
    case 'BANDWIDTHLIMIT':
      return quota.bandwidth;
  }
}

/** How many of what it counts; kilo- or megabytes of a bandwidth. */
export function countOf(quota: Quota): number {
  switch (quota.type) {
    case 'REQUESTCOUNTLIMIT':
      return quota.requestCount.requestCount;
    case 'EVENTCOUNTLIMIT':
      return quota.eventCount.eventCount;
    case 'AIAPIQUOTALIMIT':
      return quota.aiApiQuota.requestCount ?? unlimitedCount;
    case 'BANDWIDTHLIMIT':
      return quota.bandwidth.dataAmount;
  }
}

const second = 1_000;
const day = 86_400 * second;

/** A month is 30 days and a year 365, as WSO2 counts them: windows follow no calendar. */
const units: ReadonlyMap<string, number> = new Map([
  ...['sec', 'secs', 'second', 'seconds'].map((word) => [word, second] as const),
  ...['min', 'mins', 'minute', 'minutes'].map((word) => [word, 60 * second] as const),
  ...['hour', 'hours'].map((word) => [word, 3_600 * second] as const),
  ...['day', 'days'].map((word) => [word, day] as const),
  ...['week', 'weeks'].map((word) => [word, 7 * day] as const),
  ...['month', 'months'].map((word) => [word, 30 * day] as const),
  ...['year', 'years'].map((word) => [word, 365 * day] as const),
]);

export function isTimeUnit(word: string): boolean {
  return units.has(word.toLowerCase());
}

/** Throws for a word that `isTimeUnit` denies: no window may begin that nobody can tell the end of. */
export function windowMillis({ timeUnit, unitTime }: WindowLength): number {
  const unit = units.get(timeUnit.toLowerCase());
  if (unit === undefined) throw new Error(`${timeUnit} is no unit of time`);
  return unit * unitTime;
}
