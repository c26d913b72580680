import { constants, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { HttpLimits } from './http-limits.js';

/** The HTTP/2 connections of a listener. */
export interface Http2Sessions {
  readonly size: number;
  /** Tells every client to come back over another connection; open streams go on. */
  drain(): void;
  destroy(): void;
}

const resetWindowMillis = 10_000;
const maxResetsPerWindow = 500;

/**
 * Bounds what one HTTP/2 connection may do. Node sends GOAWAY to a client that opens and resets streams in a flood
 * (CVE-2023-44487) but leaves its socket open; here the session goes down with it.
 */
export function guardSessions(http2: Http2Server, limits: HttpLimits): Http2Sessions {
  const sessions = new Set<ServerHttp2Session>();
  let draining = false;
  http2.on('session', (session: ServerHttp2Session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
    session.on('error', () => session.destroy());
    session.on('goaway', () => session.close());
    session.setTimeout(limits.requestTimeoutMillis || 300_000, () => session.close());
    countResets(session);
    if (draining) session.close();
  });
  http2.on('sessionError', () => undefined);
  return {
    get size() {
      return sessions.size;
    },
    drain: () => {
      draining = true;
      for (const session of sessions) session.close();
    },
    destroy: () => {
      for (const session of sessions) session.destroy();
    },
  };
}

function countResets(session: ServerHttp2Session): void {
  let resets = 0;
  let windowStart = performance.now();
  session.on('stream', (stream: ServerHttp2Stream) => {
    stream.on('error', () => undefined);
    stream.once('close', () => {
      if (stream.rstCode === constants.NGHTTP2_NO_ERROR) return;
      const now = performance.now();
      if (now - windowStart > resetWindowMillis) {
        windowStart = now;
        resets = 0;
      }
      resets += 1;
      if (resets > maxResetsPerWindow && !session.destroyed)
        session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
    });
  });
}
