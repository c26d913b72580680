import type { OwnAnswer } from '../exchange.js';
import { findHeader, isNamed } from '../header-lines.js';
import type { KeptAnswer } from './response-cache.js';

/** A kept answer as it is given again: with its age, or without its body when the client has it already. */
export function answerAgain(kept: KeptAnswer, rawHeaders: readonly string[], now: number): OwnAnswer {
  const age = ['Age', String(Math.max(0, Math.floor((now - kept.bornAt) / 1_000)))];
  if (isKnown(kept, rawHeaders)) return { status: 304, headers: [...withoutContent(kept.headers), ...age] };
  const { status, headers, body } = kept;
  if (status === 204) return { status, headers: [...headers, ...age] };
  return { status, headers: [...headers, 'Content-Length', String(body.length), ...age], body };
}

/** RFC 9110 section 13.1.2, by weak comparison. */
function isKnown({ status, headers }: KeptAnswer, rawHeaders: readonly string[]): boolean {
  const asked = findHeader(rawHeaders, 'if-none-match');
  const tag = findHeader(headers, 'etag');
  if (asked === undefined || tag === undefined || status !== 200) return false;
  const opaque = (text: string) => text.trim().replace(/^W\//, '');
  return asked.trim() === '*' || asked.split(',').some((one) => opaque(one) === opaque(tag));
}

/** RFC 9110 section 15.4.5: what describes content stays with it. */
function withoutContent(headers: readonly string[]): string[] {
  const left: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    if (!name.toLowerCase().startsWith('content-')) left.push(name, headers[i + 1] as string);
  }
  return left;
}

/** What of a backend's headers is kept; its length is counted anew and its age is told anew. */
export function keptHeaders(headers: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    if (isNamed(name, 'content-length') || isNamed(name, 'age') || isNamed(name, 'activityid')) continue;
    kept.push(name, headers[i + 1] as string);
  }
  return kept;
}
