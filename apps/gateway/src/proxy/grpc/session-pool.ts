import { type ClientHttp2Session, connect, constants } from 'node:http2';
import type { LookupFunction } from 'node:net';
import { GatewayError } from '../../pipeline/gateway-errors.js';
import { UpstreamError } from '../http1/upstream-error.js';

export interface SessionPoolSettings {
  readonly connectTimeoutMillis: number;
  /** Most calls under way; one more is answered 503. */
  readonly maxCalls: number;
  readonly ca?: string | readonly string[] | undefined;
  readonly lookup?: LookupFunction | undefined;
}

/** What servers allow when they say nothing of it, and more than one slow connection should carry. */
const maxStreamsPerSession = 100;
/** A backend that has gone without a word is found out by this. */
const pingMillis = 30_000;
const streamWindowBytes = 256 * 1024;
const sessionWindowBytes = 4 * 1024 * 1024;

interface Entry {
  readonly session: ClientHttp2Session;
  calls: number;
  isConnected: boolean;
}

/** A place for one call. */
export interface Lease {
  readonly session: ClientHttp2Session;
  readonly isConnected: () => boolean;
  release(): void;
}

/** HTTP/2 connections to one backend: another one when all are full. */
export class SessionPool {
  readonly #entries = new Set<Entry>();
  #calls = 0;

  constructor(
    private readonly origin: string,
    private readonly settings: SessionPoolSettings,
  ) {}

  get isIdle(): boolean {
    return this.#calls === 0;
  }

  lease(): Lease {
    if (this.#calls >= this.settings.maxCalls) throw new GatewayError('backendBusy', { headers: ['Retry-After', '1'] });
    const entry = [...this.#entries].find(hasRoom) ?? this.#open();
    entry.calls += 1;
    this.#calls += 1;
    let isReleased = false;
    return {
      session: entry.session,
      isConnected: () => entry.isConnected,
      release: () => {
        if (isReleased) return;
        isReleased = true;
        entry.calls -= 1;
        this.#calls -= 1;
      },
    };
  }

  destroy(): void {
    for (const { session } of this.#entries) session.destroy();
  }

  #open(): Entry {
    const { ca, lookup, connectTimeoutMillis } = this.settings;
    const session = connect(this.origin, {
      settings: { enablePush: false, initialWindowSize: streamWindowBytes },
      ...(ca !== undefined && { ca: ca as string | string[] }),
      ...(lookup !== undefined && { lookup }),
    });
    const entry = { session, calls: 0, isConnected: false };
    this.#entries.add(entry);
    const connecting = setTimeout(
      () => session.destroy(new UpstreamError('UPSTREAM_CONNECT_TIMEOUT', 'connecting took too long')),
      connectTimeoutMillis,
    );
    const pinging = setInterval(() => ping(session), pingMillis).unref();
    session.once('connect', () => {
      entry.isConnected = true;
      clearTimeout(connecting);
      session.setLocalWindowSize(sessionWindowBytes);
    });
    // Its calls hear of it too, each on its own stream.
    session.on('error', () => undefined);
    session.on('goaway', () => this.#entries.delete(entry));
    session.once('close', () => {
      clearTimeout(connecting);
      clearInterval(pinging);
      this.#entries.delete(entry);
    });
    return entry;
  }
}

function hasRoom({ session, calls }: Entry): boolean {
  if (session.closed || session.destroyed) return false;
  const allowed = session.remoteSettings?.maxConcurrentStreams ?? maxStreamsPerSession;
  return calls < Math.min(allowed, maxStreamsPerSession);
}

function ping(session: ClientHttp2Session): void {
  if (session.connecting || session.closed || session.destroyed) return;
  const late = setTimeout(() => session.destroy(undefined, constants.NGHTTP2_NO_ERROR), pingMillis / 2).unref();
  session.ping(() => clearTimeout(late));
}
