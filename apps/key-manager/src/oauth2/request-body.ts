import { isUtf8 } from 'node:buffer';
import { InvalidRequest } from './errors.js';
import type { Parameter } from './parameters.js';

/** Largest body that is read, in bytes. */
export const maxBodyBytes = 65_536;

const maxPairs = 64;

/**
 * Reads `application/x-www-form-urlencoded` (RFC 6749 App. B): UTF-8, `+` is a space. Strict where a lenient reader would
 * let two servers see two different requests: a broken `%` sequence or invalid UTF-8 is refused.
 */
export function readFormBody(body: Uint8Array): Parameter[] {
  const pairs = utf8(body)
    .split('&')
    .filter((pair) => pair !== '');
  if (pairs.length > maxPairs) throw new InvalidRequest('The request has too many parameters.');
  return pairs.map((pair) => {
    const equals = pair.indexOf('=');
    return equals < 0
      ? { name: formDecode(pair), value: '' }
      : { name: formDecode(pair.slice(0, equals)), value: formDecode(pair.slice(equals + 1)) };
  });
}

const whitespace = /[ \t\r\n]*/y;
/** The extent of a string; what is inside is judged by `JSON.parse`. */
const jsonString = /"(?:[^"\\]|\\.)*"/y;

/**
 * Reads a JSON object whose members are strings: the same names as the form. It is scanned rather than parsed into an
 * object, since `JSON.parse` drops repeated names without a word and RFC 6749 §3.2 refuses them.
 */
export function readJsonBody(body: Uint8Array): Parameter[] {
  const text = utf8(body);
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    at += found?.length ?? 0;
    return found;
  };
  const expect = (character: string): boolean => {
    take(whitespace);
    if (text[at] !== character) return false;
    at++;
    take(whitespace);
    return true;
  };
  const string = (): string => {
    const literal = take(jsonString);
    if (literal === undefined) throw notStrings();
    return parseString(literal);
  };

  const members: Parameter[] = [];
  if (!expect('{')) throw notStrings();
  let isComplete = expect('}');
  while (!isComplete) {
    const name = string();
    if (!expect(':')) break;
    members.push({ name, value: string() });
    if (members.length > maxPairs) throw new InvalidRequest('The request has too many parameters.');
    isComplete = expect('}');
    if (!isComplete && !expect(',')) break;
  }
  if (!isComplete || at !== text.length) throw notStrings();
  return members;
}

function parseString(literal: string): string {
  let value: unknown;
  try {
    value = JSON.parse(literal);
  } catch (cause) {
    throw new InvalidRequest('The body holds malformed text.', { cause });
  }
  // A lone surrogate has no UTF-8 form: it would be stored or hashed as another character.
  if (typeof value !== 'string' || /\p{Cs}/u.test(value)) throw new InvalidRequest('The body holds malformed text.');
  return value;
}

function notStrings(): InvalidRequest {
  return new InvalidRequest('The body must be a JSON object whose members are strings.');
}

/** Decodes one name or value of a form. Throws `InvalidRequest` on a broken `%` sequence or invalid UTF-8. */
export function formDecode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch (cause) {
    throw new InvalidRequest('The request holds a malformed percent-encoding.', { cause });
  }
}

function utf8(body: Uint8Array): string {
  if (body.length > maxBodyBytes) throw new InvalidRequest('The request body is too large.');
  if (!isUtf8(body)) throw new InvalidRequest('The request body is not UTF-8.');
  return Buffer.from(body.buffer, body.byteOffset, body.length).toString('utf8');
}
