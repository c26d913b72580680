import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressGuard } from './address-guard.js';

export interface Question {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly guard: AddressGuard;
  /** PEM of the CAs that are trusted; absent: the public ones. */
  readonly ca?: string | readonly string[] | undefined;
  readonly deadlineMillis: number;
  readonly maxBytes?: number;
}

export interface Reply {
  readonly status: number;
  readonly statusText: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/**
 * One request to an address that somebody configured: guarded, on a connection of its own, without redirects (they could
 * lead inside), over after the deadline and with no more of the answer than the limit. Throws what went wrong, which may
 * be `AddressRefused`; the body that was sent is in no error.
 */
export async function ask(url: string, question: Question): Promise<Reply> {
  const { guard, deadlineMillis, maxBytes = 65_536 } = question;
  const target = new URL(url);
  if (target.protocol !== 'https:' && target.protocol !== 'http:') throw new Error('the URL is not of HTTP');
  guard.checkHost(target.hostname);
  const response = await send(target, question, AbortSignal.timeout(deadlineMillis));
  try {
    return {
      status: response.statusCode ?? 0,
      statusText: response.statusMessage ?? '',
      headers: response.headers,
      body: await readUpTo(response, maxBytes),
    };
  } finally {
    response.destroy();
  }
}

function send(target: URL, question: Question, signal: AbortSignal): Promise<IncomingMessage> {
  const request = target.protocol === 'https:' ? httpsRequest : httpRequest;
  const { method, headers, body, guard, ca } = question;
  return new Promise((resolve, reject) => {
    const sent = request(target, {
      method,
      ...(ca !== undefined && { ca: ca as string | string[] }),
      agent: false,
      signal,
      maxHeaderSize: 16_384,
      lookup: guard.lookup,
      headers: {
        'user-agent': 'keygate',
        connection: 'close',
        ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
        ...headers,
      },
    });
    sent.on('error', reject);
    sent.on('response', resolve);
    sent.end(body);
  });
}

async function readUpTo(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw new Error('the answer is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
