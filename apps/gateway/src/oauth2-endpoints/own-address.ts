import type { IncomingMessage } from 'node:http';

const addresses = new WeakMap<IncomingMessage, string>();

/** Notes under which URL of our own a request came, for its DPoP proof. */
export function noteAddress(request: IncomingMessage, baseUrl: string | undefined): void {
  if (baseUrl !== undefined) addresses.set(request, baseUrl);
}

/** The URL of the request without the query; undefined where nobody noted it, and then no proof is taken. */
export function ownAddress(request: IncomingMessage): string | undefined {
  const base = addresses.get(request);
  return base && base + (request.url ?? '').split('?', 1)[0];
}
