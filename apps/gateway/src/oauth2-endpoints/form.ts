import { isUtf8 } from 'node:buffer';
import type { Parameter } from '@keygate/proto/keymanager/v1/token';

/** A body that is no form; the message is for the client. */
export class MalformedForm extends Error {
  override readonly name = 'MalformedForm';
}

const maxPairs = 64;

/**
 * Reads `application/x-www-form-urlencoded` (RFC 6749 App. B) into the list of what was sent, in order and with
 * repetitions: judging them is the key manager's work. Strict, lest two readers see two different requests.
 */
export function readForm(body: Buffer): Parameter[] {
  // Split to the end before it is counted: a limit here would drop what lies behind a run of empty pairs.
  const pairs = utf8(body)
    .split('&')
    .filter((pair) => pair !== '');
  if (pairs.length > maxPairs) throw new MalformedForm('The request has too many parameters.');
  return pairs.map((pair) => {
    const equals = pair.indexOf('=');
    if (equals < 0) return { name: decode(pair), value: '' };
    return { name: decode(pair.slice(0, equals)), value: decode(pair.slice(equals + 1)) };
  });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch (cause) {
    throw new MalformedForm('The request holds a malformed percent-encoding.', { cause });
  }
}

function utf8(body: Buffer): string {
  if (!isUtf8(body)) throw new MalformedForm('The request body is not UTF-8.');
  return body.toString('utf8');
}
