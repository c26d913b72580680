import { ServerResponse } from 'node:http';

/** What `node:http` keeps of a head that is ready and not sent. */
type WithHead = ServerResponse & { _header?: string | null; readonly _headerSent?: boolean };

/** Above it joining head and body costs more than a second write. */
const maxTextBytes = 16_384;

/**
 * Ends an answer with all of its body, or with the last piece of it. `last` is copied: the next read takes its memory.
 *
 * A short body goes out behind the head in one `write`. `response.end(text)` would write both and an empty string by
 * `writev`, which costs a tenth of a call; so the text is put where the head already waits. Where anything is
 * not as expected (chunks, HTTP/2, an answer that somebody looks at on its way) the usual way is taken.
 */
export function endWith(response: ServerResponse, last: Buffer): void {
  if (last.length > maxTextBytes) {
    response.end(Buffer.from(last));
    return;
  }
  const text = last.toString('latin1');
  const { _header: head } = response as WithHead;
  if (typeof head === 'string' && isPlain(response)) {
    (response as WithHead)._header = head + text;
    response.end();
  } else response.end(text, 'latin1');
}

function isPlain(response: WithHead): boolean {
  return (
    response._headerSent === false &&
    !response.chunkedEncoding &&
    response.end === ServerResponse.prototype.end &&
    response.req.method !== 'HEAD'
  );
}
