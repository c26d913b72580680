import { constants, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { HttpLimits } from './http-limits.js';

/** The HTTP/2 connections of a listener. */
export interface Http2Sessions {
  readonly size: number;
  /** Tells every client to come back over another connection; open streams go on. */
  drain(): void;
  destroy(): void;
}

const windowMillis = 10_000;
const maxResetsPerWindow = 500;
const maxControlFramesPerWindow = 1_000;

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
    countControlFrames(session);
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

/** Streams that end before their time: each has cost a request. */
function countResets(session: ServerHttp2Session): void {
  const spend = budgetOf(session, maxResetsPerWindow);
  session.on('stream', (stream: ServerHttp2Stream) => {
    stream.on('error', () => undefined);
    stream.once('close', () => {
      if (stream.rstCode !== constants.NGHTTP2_NO_ERROR) spend();
    });
  });
}

/** Frames that ask for an answer and carry nothing (CVE-2019-9512, CVE-2019-9515); nghttp2 bounds those that lie waiting only. */
function countControlFrames(session: ServerHttp2Session): void {
  const spend = budgetOf(session, maxControlFramesPerWindow);
  session.on('ping', spend);
  session.on('remoteSettings', spend);
}

/** Ends the session that does something more often than it may. */
function budgetOf(session: ServerHttp2Session, perWindow: number): () => void {
  let count = 0;
  let windowStart = performance.now();
  return () => {
    const now = performance.now();
    if (now - windowStart > windowMillis) {
      windowStart = now;
      count = 0;
    }
    count += 1;
    if (count > perWindow && !session.destroyed) session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
  };
}
