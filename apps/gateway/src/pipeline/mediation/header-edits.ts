import type { HeaderEdit } from '../../apis/compiled-mediation.js';

/** What a request gets on top of what the client sent, when it goes to the backend. */
export interface Outgoing {
  /** Headers of the gateway's own, names and values in turn; they take the place of any of the same name. */
  readonly own: readonly HeaderEdit[];
  /** Of the policies. */
  readonly edits: readonly HeaderEdit[];
}

/**
 * Makes the edits in `headers` (names and values in turn), in order. A name is judged with `_` read as `-`, because
 * CGI-style backends do: a client could otherwise send `X_Header` beside a header that a policy sets.
 */
export function editHeaders(headers: string[], edits: readonly HeaderEdit[]): void {
  for (const { name, key, value } of edits) {
    takeOut(headers, key);
    if (value !== undefined) headers.push(name, value);
  }
}

function takeOut(headers: string[], key: string): void {
  let kept = 0;
  for (let i = 0; i < headers.length; i += 2) {
    if (headerKey(headers[i] as string) === key) continue;
    headers[kept] = headers[i] as string;
    headers[kept + 1] = headers[i + 1] as string;
    kept += 2;
  }
  headers.length = kept;
}

export function headerKey(name: string): string {
  const lower = name.toLowerCase();
  return lower.includes('_') ? lower.replaceAll('_', '-') : lower;
}
