import type { Parameter } from '../parameters.js';

/** The parameters that are read, with the greatest length of each; anything else is ignored (RFC 6749 §3.1). */
const authorizationParameters: ReadonlyMap<string, number> = new Map([
  ['client_id', 255],
  ['redirect_uri', 2_048],
  ['response_type', 64],
  ['response_mode', 32],
  ['scope', 4_096],
  ['state', 2_048],
  ['nonce', 1_024],
  ['code_challenge', 128],
  ['code_challenge_method', 16],
  ['prompt', 64],
  ['max_age', 10],
  ['login_hint', 256],
  ['dpop_jkt', 64],
  ['request', 32_768],
  ['request_uri', 1_024],
  ['registration', 32_768],
]);

/** The parameters of a request that came through the browser, with what is wrong about them as a whole. */
export interface AuthorizationParameters {
  readonly values: ReadonlyMap<string, string>;
  readonly repeated: ReadonlySet<string>;
  readonly tooLong: ReadonlySet<string>;
  /** Values that hold control characters or half a surrogate pair. */
  readonly unreadable: ReadonlySet<string>;
}

// Tab, CR and LF included: nothing here is text of several lines, and all of it may end up in a header.
const unreadableText = /[\p{Cc}\p{Cs}]/u;

/** RFC 6749 §3.1: an empty value counts as omitted, a repeated name is an error. The caller decides who is told. */
export function readAuthorizationParameters(
  list: readonly Parameter[],
  lengths = authorizationParameters,
): AuthorizationParameters {
  const values = new Map<string, string>();
  const [repeated, tooLong, unreadable] = [new Set<string>(), new Set<string>(), new Set<string>()];
  for (const { name, value } of list) {
    const length = lengths.get(name);
    if (length === undefined || value === '') continue;
    if (values.has(name)) repeated.add(name);
    else if (value.length > length) tooLong.add(name);
    else if (unreadableText.test(value)) unreadable.add(name);
    else values.set(name, value);
  }
  return { values, repeated, tooLong, unreadable };
}

/** What has to be kept to read the same request again later. */
export function knownParameters(list: readonly Parameter[]): Parameter[] {
  return list.filter(({ name, value }) => authorizationParameters.has(name) && value !== '');
}
