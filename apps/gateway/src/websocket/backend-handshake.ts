import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction, Socket } from 'node:net';
import type { Upstream } from '../apis/compiled-catalog.js';
import { UpstreamError } from '../proxy/http1/upstream-error.js';
import { type Agreement, agreement } from './handshake.js';

export interface BackendHandshake {
  readonly upstream: Upstream;
  readonly path: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly connectTimeoutMillis: number;
  readonly headersTimeoutMillis: number;
  readonly ca: string | readonly string[] | undefined;
  readonly lookup: LookupFunction | undefined;
}

export interface BackendHandshakeEvents {
  /** It speaks WebSocket from here on. */
  accepted(socket: Socket, head: Buffer, headers: readonly string[], agreed: Agreement): void;
  /** It answered otherwise: its answer is the client's. */
  refused(answer: IncomingMessage): void;
  failed(error: Error, wasSent: boolean): void;
}

/** Asks a backend for a WebSocket connection; one of the three events follows. Answers a function that gives up. */
export function askBackend(handshake: BackendHandshake, events: BackendHandshakeEvents): () => void {
  const { upstream, path, headers, ca, lookup } = handshake;
  const isSecure = upstream.origin.startsWith('https:');
  const { hostname, port } = new URL(upstream.origin);
  const host = hostname.replace(/^\[|\]$/g, '');
  const asked = [...headers, 'host', upstream.origin.slice(upstream.origin.indexOf('//') + 2)];
  const request = (isSecure ? httpsRequest : httpRequest)({
    host,
    port: port === '' ? (isSecure ? 443 : 80) : Number(port),
    path,
    method: 'GET',
    headers: [...asked, 'connection', 'Upgrade', 'upgrade', 'websocket'],
    agent: false,
    ...(ca !== undefined && { ca: ca as string | string[] }),
    ...(lookup !== undefined && { lookup }),
  });
  const state = watchTime(request, handshake);
  request.on('upgrade', (answer, socket: Socket, head) => {
    state.stop();
    const agreed = agreement(asked, answer.rawHeaders);
    if (agreed === undefined) {
      socket.destroy();
      events.failed(violation(), true);
    } else events.accepted(socket, head, answer.rawHeaders, agreed);
  });
  request.on('response', (answer) => {
    state.stop();
    events.refused(answer);
  });
  // A 101 without Upgrade is no answer to what was asked.
  request.on('information', ({ statusCode }) => {
    if (statusCode === 101) request.destroy(violation());
  });
  request.on('error', (error) => {
    state.stop();
    events.failed(error, state.wasSent());
  });
  request.end();
  return () => {
    state.stop();
    request.removeAllListeners('error');
    request.on('error', () => undefined);
    request.destroy();
  };
}

function watchTime(request: ClientRequest, { connectTimeoutMillis, headersTimeoutMillis }: BackendHandshake) {
  let isConnected = false;
  let timer = setTimeout(() => {
    request.destroy(new UpstreamError('UPSTREAM_CONNECT_TIMEOUT', 'connecting took too long'));
  }, connectTimeoutMillis);
  request.on('socket', (socket: Socket) => {
    socket.once('authorized' in socket ? 'secureConnect' : 'connect', () => {
      isConnected = true;
      clearTimeout(timer);
      timer = setTimeout(() => {
        request.destroy(new UpstreamError('UPSTREAM_HEAD_TIMEOUT', 'no answer in time'));
      }, headersTimeoutMillis);
    });
  });
  return { stop: () => clearTimeout(timer), wasSent: () => isConnected };
}

const violation = () => new UpstreamError('UPSTREAM_PROTOCOL', 'the answer to the WebSocket handshake is not valid');
