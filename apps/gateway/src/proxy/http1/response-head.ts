import { protocolError } from './upstream-error.js';

/** How the end of a body is told (RFC 9112 section 6.3): bytes to come, or one of these. */
export const chunked = -1;
export const untilClose = -2;

export interface ResponseHead {
  readonly status: number;
  readonly statusText: string;
  /** Names and values in turn as they were sent, without the blanks around values. */
  readonly headers: string[];
  /** Length of the body in bytes, `chunked` or `untilClose`. */
  readonly framing: number;
  /** The backend keeps the connection for another request. */
  readonly keepsAlive: boolean;
  /** From `Keep-Alive: timeout=5`; undefined when nothing was said. */
  readonly keepAliveSeconds: number | undefined;
}

/**
 * Reads the head of an answer, the blank line excluded; `text` is latin1. Stricter than RFC 9112 demands: whatever two
 * readers could frame differently is refused (section 11.1), since this connection carries other people's answers too.
 */
export function parseResponseHead(text: string, method: string): ResponseHead {
  if (illegal.test(text)) throw protocolError('a control character or a bare line end in the head');
  const lineEnd = endOfLine(text, 0);
  const { minor, status } = statusOf(text, lineEnd);
  const headers: string[] = [];
  const facts: Facts = { length: undefined, isChunked: false, closes: minor === 0, keepAliveSeconds: undefined };
  for (let at = lineEnd + 2; at < text.length; ) {
    const end = endOfLine(text, at);
    const colon = text.indexOf(':', at);
    if (colon < 0 || colon > end) throw protocolError('a header line without a colon');
    const name = text.slice(at, colon);
    // A line that begins with a blank would continue the one before it (obs-fold).
    if (!token.test(name)) throw protocolError('a header name is not a token');
    const value = trimmed(text, colon + 1, end);
    headers.push(name, value);
    if (headers.length > maxHeaderParts) throw protocolError('too many header lines');
    note(facts, name, value);
    at = end + 2;
  }
  return {
    status,
    statusText: text.slice(13, Math.max(13, lineEnd)),
    headers,
    framing: framingOf(facts, { status, minor, method }),
    keepsAlive: !facts.closes,
    keepAliveSeconds: facts.keepAliveSeconds,
  };
}

/** Trailers, framed as header lines are. */
export function parseTrailers(text: string): string[] {
  if (illegal.test(text)) throw protocolError('a control character or a bare line end in a trailer');
  const trailers: string[] = [];
  for (let at = 0; at < text.length; ) {
    const end = endOfLine(text, at);
    const colon = text.indexOf(':', at);
    if (colon < 0 || colon > end || !token.test(text.slice(at, colon))) throw protocolError('a malformed trailer');
    trailers.push(text.slice(at, colon), trimmed(text, colon + 1, end));
    at = end + 2;
  }
  return trailers;
}

/** More lines than any honest backend sends. */
const maxHeaderParts = 2 * 512;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const illegal = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|(?<!\r)\n/;
const token = /^[!#$%&'*+\-.^`|~\w]+$/;

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\r\n', from);
  return end < 0 ? text.length : end;
}

function statusOf(text: string, lineEnd: number): { readonly minor: number; readonly status: number } {
  const minor = text.charCodeAt(7) - 0x30;
  const status = Number(text.slice(9, 12));
  const isWellFormed =
    text.startsWith('HTTP/1.') &&
    (minor === 0 || minor === 1) &&
    text.charCodeAt(8) === space &&
    threeDigits.test(text.slice(9, 12)) &&
    status >= 100 &&
    // The reason and even the blank before it may be missing (RFC 9112 section 4 asks for the blank; not all send it).
    (lineEnd === 12 || (lineEnd > 12 && text.charCodeAt(12) === space));
  if (!isWellFormed) throw protocolError('no HTTP/1.1 status line');
  return { minor, status };
}

const threeDigits = /^\d{3}$/;
const space = 0x20;
const tab = 0x09;

/** Without the optional white space around it (RFC 9110 section 5.5). */
function trimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === space || code === tab;
}

interface Facts {
  length: number | undefined;
  isChunked: boolean;
  closes: boolean;
  keepAliveSeconds: number | undefined;
}

/** Lower-casing every name would cost more than reading the head: the length tells the few that matter. */
function note(facts: Facts, name: string, value: string): void {
  switch (name.length) {
    case 10:
      noteConnection(facts, name.toLowerCase(), value);
      return;
    case 14:
      if (name.toLowerCase() === 'content-length') noteLength(facts, value);
      return;
    case 17:
      if (name.toLowerCase() === 'transfer-encoding') noteCoding(facts, value);
      return;
    default:
  }
}

function noteConnection(facts: Facts, name: string, value: string): void {
  if (name === 'connection') {
    const options = value.toLowerCase();
    if (listed(options, 'close')) facts.closes = true;
    else if (listed(options, 'keep-alive')) facts.closes = false;
  } else if (name === 'keep-alive') {
    const seconds = /(?:^|[,;\s])timeout=(\d{1,6})/i.exec(value)?.[1];
    if (seconds !== undefined) facts.keepAliveSeconds = Number(seconds);
  }
}

function listed(list: string, option: string): boolean {
  return list === option || list.split(',').some((entry) => entry.trim() === option);
}

function noteLength(facts: Facts, value: string): void {
  if (facts.length !== undefined) throw protocolError('two Content-Length lines');
  if (!/^\d{1,15}$/.test(value)) throw protocolError('a malformed Content-Length');
  facts.length = Number(value);
}

/** Nothing but chunked is asked for (no TE is sent), and a list of codings is read in more than one way. */
function noteCoding(facts: Facts, value: string): void {
  if (facts.isChunked) throw protocolError('two Transfer-Encoding lines');
  if (value.toLowerCase() !== 'chunked') throw protocolError('an unknown transfer coding');
  facts.isChunked = true;
}

function framingOf(
  { length, isChunked }: Facts,
  { status, minor, method }: { readonly status: number; readonly minor: number; readonly method: string },
): number {
  if (isChunked && length !== undefined) throw protocolError('Content-Length beside Transfer-Encoding');
  if (isChunked && minor === 0) throw protocolError('a chunked answer of HTTP/1.0');
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return 0;
  if (isChunked) return chunked;
  return length ?? untilClose;
}
