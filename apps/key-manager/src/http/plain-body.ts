import type { IncomingHttpHeaders } from 'node:http';
import { InvalidRequest, OAuthError } from '../oauth2/errors.js';

/** Refuses bodies that would mean something else to another reader of the same bytes. */
export function assertPlainBody(headers: IncomingHttpHeaders): void {
  // Never inflated: a few kilobytes could become gigabytes. Read as they are, the bytes would not be what was meant.
  if (isCoded(headers['content-encoding'])) {
    throw new OAuthError('invalid_request', 'The body must have no content coding.', 415);
  }
  const charset = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(headers['content-type'] ?? '')?.[1];
  if (charset !== undefined && !/^(utf-?8|us-ascii)$/i.test(charset)) {
    throw new InvalidRequest('The body must be UTF-8.');
  }
}

/** RFC 9110 §8.4: any coding but `identity`, which is none. */
export function isCoded(contentEncoding: string | undefined): boolean {
  return contentEncoding !== undefined && contentEncoding.trim().toLowerCase() !== 'identity';
}
