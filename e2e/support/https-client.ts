import { readFileSync } from 'node:fs';
import http, { type IncomingHttpHeaders } from 'node:http';
import https from 'node:https';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON; a body that is none fails with the body shown. */
  json<T = Record<string, unknown>>(): T;
}

export interface Call {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer;
  /** How long the whole call may take. */
  readonly timeoutMillis?: number;
  /** A connection of its own instead of a pooled one. */
  readonly fresh?: boolean;
  /** The IPv4 address of this machine to call from, on a connection of its own. */
  readonly from?: string;
}

/** Calls URLs over TLS with one trusted CA. The path of the URL is sent byte by byte as given. */
export interface Client {
  call(url: string, call?: Call): Promise<Answer>;
  close(): void;
}

export function httpsClient(caFile: string): Client {
  const secure = new https.Agent({ ca: readFileSync(caFile), keepAlive: true, maxSockets: 64 });
  const plain = new http.Agent({ keepAlive: true, maxSockets: 64 });
  return {
    call: (url, call = {}) => exchange(url, call, secure, plain),
    close: () => {
      secure.destroy();
      plain.destroy();
    },
  };
}

function exchange(url: string, call: Call, secure: https.Agent, plain: http.Agent): Promise<Answer> {
  const [, scheme, host, port, path] = /^(https?):\/\/(\[[^\]]+\]|[^:/]+)(?::(\d+))?(\/.*)?$/.exec(url) ?? [];
  if (scheme === undefined || host === undefined) {
    throw new Error(`not a URL: ${url}`);
  }
  const options = {
    host: host.replace(/^\[|\]$/g, ''),
    port: port ?? (scheme === 'https' ? 443 : 80),
    path: path ?? '/',
    method: call.method ?? 'GET',
    headers: {
      ...call.headers,
      ...(call.body === undefined ? {} : { 'Content-Length': Buffer.byteLength(call.body) }),
    },
    ...(call.from === undefined ? {} : { localAddress: call.from, family: 4 }),
    ...(call.fresh || call.from !== undefined
      ? { agent: new (scheme === 'https' ? https : http).Agent(scheme === 'https' ? { ca: secure.options.ca } : {}) }
      : { agent: scheme === 'https' ? secure : plain }),
    signal: AbortSignal.timeout(call.timeoutMillis ?? 15_000),
  };
  return new Promise((resolve, reject) => {
    const request = (scheme === 'https' ? https : http).request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve(answer(response, Buffer.concat(chunks).toString('utf8'))));
    });
    request.on('error', reject);
    request.end(call.body);
  });
}

function answer(response: http.IncomingMessage, text: string): Answer {
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text,
    json<T>() {
      try {
        return JSON.parse(text) as T;
      } catch {
        throw new Error(`status ${response.statusCode}, not JSON: ${text.slice(0, 500)}`);
      }
    },
  };
}
