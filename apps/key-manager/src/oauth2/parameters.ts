import { z } from 'zod';
import { InvalidRequest } from './errors.js';

/** One name and value as sent; a list of them keeps repeated names visible. */
export interface Parameter {
  readonly name: string;
  readonly value: string;
}

/** Every name once, with a value that isn't empty. */
export type Parameters = ReadonlyMap<string, string>;

const maxParameters = 64;
const maxNameLength = 128;
const maxValueLength = 16_384;

/**
 * RFC 6749 §3.2: an empty value counts as omitted, a repeated name is refused, an unknown name is ignored by whoever
 * reads the result. Sizes are bounded first, so that hostile input costs little.
 */
export function readParameters(list: readonly Parameter[]): Parameters {
  if (list.length > maxParameters) throw new InvalidRequest('The request has too many parameters.');
  const parameters = new Map<string, string>();
  for (const { name, value } of list) {
    if (name.length > maxNameLength) throw new InvalidRequest('A parameter name is too long.');
    if (value.length > maxValueLength) throw new InvalidRequest('A parameter value is too long.');
    if (value === '') continue;
    if (parameters.has(name)) throw new InvalidRequest('Invalid request with repeated parameters.');
    parameters.set(name, value);
  }
  return parameters;
}

/** Printable ASCII: client_id, client_secret, refresh_token. RFC 6749 App. A, VSCHAR. */
export const vschars = (maxLength: number) =>
  z
    .string()
    .max(maxLength)
    .regex(/^[\x20-\x7e]+$/);

/**
 * User names and passwords: any Unicode but control characters below U+0020 other than tab, DEL, lone surrogates, U+FFFE
 * and U+FFFF. RFC 6749 App. A, UNICODECHARNOCRLF.
 */
export const unicodeNoCrlf = (maxLength: number) =>
  z
    .string()
    .max(maxLength)
    .regex(/^[\t\x20-\x7e\u{80}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]+$/u);

/** The members a schema asks for, out of all parameters. Throws `InvalidRequest` naming what is missing or malformed. */
export function pick<P>(schema: z.ZodType<P>, parameters: Parameters): P {
  // Own properties without a prototype: a parameter called __proto__ is a name like any other.
  const members: Record<string, string> = Object.create(null);
  for (const [name, value] of parameters) members[name] = value;
  const result = schema.safeParse(members);
  if (result.success) return result.data;
  const names = [...new Set(result.error.issues.map(({ path }) => String(path[0])))];
  const missing = names.filter((name) => !parameters.has(name));
  // Names come from our schema, never from the request, so they are safe to print.
  throw new InvalidRequest(
    missing.length > 0 ? `Missing parameters: ${missing.join(' ')}` : `Malformed parameters: ${names.join(' ')}`,
  );
}
