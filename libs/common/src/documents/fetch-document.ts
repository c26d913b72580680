import { lookup } from 'node:dns/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { isAllowedAddress, isLoopback } from './allowed-address.js';

export interface FetchSettings {
  /** Also ask addresses of private networks and of this machine. */
  readonly allowPrivateNetworks: boolean;
  /** PEM of the CAs that are trusted; unset: the public ones. */
  readonly ca?: string | undefined;
  readonly deadlineMillis?: number;
  readonly maxBytes?: number;
}

/** Why a document was not had, for the log; whoever named its URL learns nothing of it. */
export class FetchFailed extends Error {
  override readonly name = 'FetchFailed';
}

export type FetchDocument = (uri: string) => Promise<unknown>;

interface Destination {
  readonly url: URL;
  readonly addresses: readonly { readonly address: string; readonly family: number }[];
}

/**
 * One GET of a JSON document that others publish, over HTTPS. Follows no redirect (it could lead inside), connects to
 * the very addresses that were checked (a name may resolve differently a moment later), ends after the deadline and
 * reads no more than the limit.
 */
export function createDocumentFetch(settings: FetchSettings): FetchDocument {
  const { deadlineMillis = 5_000, maxBytes = 262_144 } = settings;
  return async (uri) => {
    const deadline = AbortSignal.timeout(deadlineMillis);
    try {
      const destination = await within(resolve(uri, settings), deadline);
      const response = await open(destination, settings.ca, deadline);
      return JSON.parse(await readAll(response, maxBytes));
    } catch (cause) {
      if (cause instanceof FetchFailed) throw cause;
      throw new FetchFailed(deadline.aborted ? 'it took too long' : 'it could not be read', { cause });
    }
  };
}

async function resolve(uri: string, { allowPrivateNetworks }: FetchSettings): Promise<Destination> {
  const url = new URL(uri);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new FetchFailed('the URL is not https');
  if (url.username !== '' || url.password !== '') throw new FetchFailed('the URL holds credentials');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const family = isIP(host);
  const addresses = family === 0 ? await lookup(host, { all: true }) : [{ address: host, family }];
  const isAllowed = ({ address }: { address: string }) => isAllowedAddress(address, allowPrivateNetworks);
  if (addresses.length === 0 || !addresses.every(isAllowed)) throw new FetchFailed('its address may not be asked');
  // Keys that anyone on the way can replace are no keys.
  const isLocal = addresses.every(({ address }) => isLoopback(address));
  if (url.protocol === 'http:' && !isLocal) throw new FetchFailed('the URL is not https');
  return { url, addresses };
}

function open({ url, addresses }: Destination, ca: string | undefined, signal: AbortSignal): Promise<IncomingMessage> {
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolved, rejected) => {
    const sent = request(url, {
      ...(ca !== undefined && { ca }),
      agent: false,
      signal,
      maxHeaderSize: 16_384,
      headers: { accept: 'application/jwk-set+json, application/json', 'user-agent': 'keygate', connection: 'close' },
      lookup: (_host, options, answer) => {
        const [first] = addresses;
        if (options.all) answer(null, [...addresses]);
        else answer(null, first?.address ?? '', first?.family ?? 4);
      },
    });
    sent.on('error', rejected);
    sent.on('response', resolved);
    sent.end();
  });
}

async function readAll(response: IncomingMessage, maxBytes: number): Promise<string> {
  try {
    if (response.statusCode !== 200) throw new FetchFailed(`the answer is ${response.statusCode}`);
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) throw new FetchFailed('the document is too large');
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  } finally {
    response.destroy();
  }
}

/** Looking up a name can't be stopped, but it can be left behind. */
function within<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolved, rejected) => {
    signal.addEventListener('abort', () => rejected(new FetchFailed('it took too long')), { once: true });
    work.then(resolved, rejected);
  });
}
