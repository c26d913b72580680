import { UpstreamError } from './upstream-error.js';

/** The parts of a request that are written before its body. */
export interface RequestHead {
  readonly method: string;
  /** The request target in origin form, byte for byte. */
  readonly path: string;
  /** Names and values in turn; neither Host nor what frames the connection or the body but Content-Length. */
  readonly headers: readonly string[];
}

/** Of a request that has no body, and whose method says so. */
export const noBody = -1;

/** `length` is that of the body, bytes; undefined: it is sent in chunks. `host` is the value of the Host header. */
export function writeRequestHead(
  { method, path, headers }: RequestHead,
  host: string,
  length: number | undefined,
): string {
  if (!token.test(method) || notInTarget.test(path) || path.charCodeAt(0) !== slash) throw invalid();
  let head = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\n`;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    const value = headers[i + 1] as string;
    // What comes from clients was parsed by Node; this is for everything that is injected, now and later.
    if (notInValue.test(value) || !token.test(name)) throw invalid();
    if (name.length === 14 && name.toLowerCase() === 'content-length') continue;
    head += `${name}: ${value}\r\n`;
  }
  if (length === noBody) return `${head}\r\n`;
  return length === undefined
    ? `${head}transfer-encoding: chunked\r\n\r\n`
    : `${head}content-length: ${length}\r\n\r\n`;
}

const slash = 0x2f;
const token = /^[!#$%&'*+\-.^`|~\w]+$/;
const notInTarget = /[^\x21-\x7e\x80-\xff]/;
const notInValue = /[^\t\x20-\x7e\x80-\xff]/;

function invalid(): UpstreamError {
  return new UpstreamError('UPSTREAM_INVALID_REQUEST', 'the request cannot be written as HTTP/1.1');
}
