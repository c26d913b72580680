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
  if (target.charCodeAt(0) !== slash) refuse('The request target must start with "/".');
  const plain: string[] = [];
  let segmentStart = 1;
  let isPlain = true;
  let position = 1;
  for (; position < target.length; position++) {
    const code = target.charCodeAt(position);
    if (code === slash) {
      plain.push(segmentOf(target, segmentStart, position));
      segmentStart = position + 1;
    } else if (code === question) {
      break;
    } else if (code === percent) {
      checkEscape(target, position);
      isPlain = false;
    } else if (code === semicolon) {
      isPlain = false;
    } else {
      checkCharacter(code);
      if (code === backslash) refuse('The path must not hold a backslash.');
    }
  }
  // A trailing slash does not make a segment.
  if (segmentStart < position) plain.push(segmentOf(target, segmentStart, position));
  const query = position < target.length ? queryOf(target, position + 1) : undefined;
  const path = query === undefined ? target : target.slice(0, position);
  return isPlain ? { path, query, segments: plain, withParameters: undefined } : decode(path, query, plain);
}

/** The slow way, for paths with `%` or `;`. */
function decode(path: string, query: string | undefined, plain: readonly string[]): RequestTarget {
  const decoded = plain.map(decodeSegment);
  if (!decoded.some((segment) => segment.includes(';'))) {
    return { path, query, segments: decoded, withParameters: undefined };
  }
  const segments = decoded.map(withoutParameters);
  // `..;x` and, for backends that decode first, `..%3bx`: Servlet containers drop parameters before they resolve dots.
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
const semicolon = 0x3b;
const backslash = 0x5c;

function segmentOf(target: string, start: number, end: number): string {
  const segment = target.slice(start, end);
  if (isTraversal(segment)) refuse('The path must not hold empty, "." or ".." segments.');
  return segment;
}

function queryOf(target: string, start: number): string {
  for (let i = start; i < target.length; i++) checkCharacter(target.charCodeAt(i));
  return target.slice(start);
}

function checkCharacter(code: number): void {
  if (code <= 0x20 || code >= 0x7f) refuse('The request target holds characters that must be percent-encoded.');
  if (code === 0x23) refuse('The request target must not hold a fragment.');
}

/** Encoded dots, slashes, backslashes and control characters are refused; so is what is no escape at all. */
function checkEscape(target: string, position: number): void {
  const value = Number.parseInt(hexPair.exec(target.slice(position + 1, position + 3))?.[0] ?? '', 16);
  if (Number.isNaN(value)) refuse('The path holds a malformed percent-encoding.');
  if (value < 0x20 || value === 0x7f || value === dot || value === slash || value === backslash) {
    refuse('The path holds a percent-encoded character that is not allowed there.');
  }
}

const hexPair = /^[0-9a-fA-F]{2}$/;

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
