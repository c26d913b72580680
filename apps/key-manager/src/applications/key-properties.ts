import type { TokenLifetimes } from '../oauth2/model.js';
import { Refusal } from '../refusal.js';

/** WSO2: `additionalProperties` of a consumer key; numbers and booleans come as strings or as themselves. */
export type AdditionalProperties = Readonly<Record<string, unknown>>;

const flags = ['pkceMandatory', 'pkceSupportPlain', 'bypassClientCredentials'] as const;

/** As the REST API shows them: the three switches always, as booleans; the others as they came. */
export function shownProperties(properties: AdditionalProperties): Record<string, unknown> {
  return { ...properties, ...Object.fromEntries(flags.map((flag) => [flag, isSwitchedOn(properties[flag])])) };
}

/** WSO2: a client that may leave its credentials out. */
export function isPublicClient(properties: AdditionalProperties): boolean {
  return isSwitchedOn(properties.bypassClientCredentials);
}

/** WSO2 clients send booleans as strings. */
export const isSwitchedOn = (value: unknown): boolean => value === true || value === 'true';

/** Seconds; absent, empty or `N/A` means the server's default, and -1 never. */
export function lifetimesOf(properties: AdditionalProperties): TokenLifetimes {
  return {
    userAccessToken: seconds(properties, 'user_access_token_expiry_time'),
    applicationAccessToken: seconds(properties, 'application_access_token_expiry_time'),
    refreshToken: seconds(properties, 'refresh_token_expiry_time'),
  };
}

const longestSeconds = 3_155_760_000;

function seconds(properties: AdditionalProperties, name: string): number | undefined {
  const given = properties[name];
  if (given === undefined || given === null || given === '' || given === 'N/A') return undefined;
  const value = typeof given === 'string' ? Number(given) : given;
  if (
    typeof value === 'number' &&
    Number.isInteger(value) &&
    (value === -1 || (value > 0 && value <= longestSeconds))
  ) {
    return value;
  }
  throw new Refusal('invalid', `additionalProperties.${name} is a whole number of seconds, or -1 for never`);
}
