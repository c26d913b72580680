import { GatewayError } from './gateway-errors.js';

/** A request target that has been checked and taken apart. `path` and `query` are the bytes received. */
export interface RequestTarget {
  readonly path: string;
  /** Without `?`; undefined when there was none. */
  readonly query: string | undefined;
  /** The path's segments as a backend reads them: percent-decoded, without matrix parameters (`;v=1`). */
  readonly segments: readonly string[];
  /** The same with matrix parameters; undefined when there are none. */
  readonly withParameters: readonly string[] | undefined;
}

/**
 * Takes a raw request target apart, or refuses it. Backends read some spellings in more than one way (dot segments,
 * doubled or encoded slashes, backslashes, encoded controls, overlong UTF-8), and a spelling read differently here
 * and there is how a scope check is passed by. Those are refused, never rewritten: what is forwarded is what was
 * received.
 */
export function parseTarget(target: string, maxBytes: number): RequestTarget {
  if (target.length > maxBytes) throw new GatewayError('targetTooLong');
  const pathLength = checkTarget(target);
  const path = pathLength === target.length ? target : target.slice(0, pathLength);
  const query = pathLength === target.length ? undefined : target.slice(pathLength + 1);
  const plain = splitPath(path);
  if (!path.includes('%') && !path.includes(';')) return { path, query, segments: plain, withParameters: undefined };
  const decoded = plain.map(decodeSegment);
  if (!decoded.some((segment) => segment.includes(';')))
    return { path, query, segments: decoded, withParameters: undefined };
  const segments = decoded.map(withoutParameters);
  // `..%3b` for backends that decode first and drop parameters then.
  if (segments.some(isTraversal)) refuse('The path must not hold empty, "." or ".." segments.');
  return { path, query, segments, withParameters: decoded };
}

/** Where the path behind the first `depth` segments starts. */
export function suffixOf(path: string, depth: number): string {
  let position = 0;
  for (let i = 0; i < depth; i++) {
    position = path.indexOf('/', position + 1);
    if (position < 0) return '';
  }
  return path.slice(position);
}

const slash = 0x2f;
const dot = 0x2e;
const question = 0x3f;
const percent = 0x25;

/** Returns the length of the path. */
function checkTarget(target: string): number {
  if (target.charCodeAt(0) !== slash) refuse('The request target must start with "/".');
  let pathLength = -1;
  for (let i = 0; i < target.length; i++) {
    const code = target.charCodeAt(i);
    if (code <= 0x20 || code >= 0x7f) refuse('The request target holds characters that must be percent-encoded.');
    if (code === 0x23) refuse('The request target must not hold a fragment.');
    if (pathLength >= 0) continue;
    if (code === question) pathLength = i;
    else if (code === 0x5c) refuse('The path must not hold a backslash.');
    else if (code === slash) checkSegmentStart(target, i + 1);
    else if (code === percent) checkEscape(target, i);
  }
  return pathLength < 0 ? target.length : pathLength;
}

/** Refuses empty, `.` and `..` segments, also with matrix parameters: Servlet containers drop those first. */
function checkSegmentStart(target: string, start: number): void {
  let i = start;
  while (i < start + 2 && target.charCodeAt(i) === dot) i++;
  const next = target.charCodeAt(i);
  if (next === slash && i === start) refuse('The path must not hold empty segments.');
  if (next === 0x3b && i === start) refuse('The path must not hold empty segments.');
  const ends = Number.isNaN(next) || next === slash || next === question || next === 0x3b;
  if (ends && i > start) refuse('The path must not hold "." or ".." segments.');
}

/** Encoded dots, slashes, backslashes and control characters are refused; so is what is no escape at all. */
function checkEscape(target: string, position: number): void {
  const value = Number.parseInt(hexPair.exec(target.slice(position + 1, position + 3))?.[0] ?? '', 16);
  if (Number.isNaN(value)) refuse('The path holds a malformed percent-encoding.');
  if (value < 0x20 || value === 0x7f || value === dot || value === slash || value === 0x5c) {
    refuse('The path holds a percent-encoded character that is not allowed there.');
  }
}

const hexPair = /^[0-9a-fA-F]{2}$/;

/** A trailing slash does not make a segment. */
function splitPath(path: string): string[] {
  const segments = path.split('/');
  segments.shift();
  if (segments[segments.length - 1] === '') segments.pop();
  return segments;
}

function decodeSegment(segment: string): string {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    // Overlong UTF-8 (%c0%af for "/") is the oldest of these tricks; decodeURIComponent refuses it.
    return refuse('The path holds a percent-encoding that is not UTF-8.');
  }
}

function isTraversal(segment: string): boolean {
  return segment === '' || segment === '.' || segment === '..';
}

function withoutParameters(segment: string): string {
  const end = segment.indexOf(';');
  return end < 0 ? segment : segment.slice(0, end);
}

function refuse(description: string): never {
  throw new GatewayError('badRequest', { description });
}
