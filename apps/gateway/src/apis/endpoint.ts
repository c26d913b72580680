import type { Endpoint } from '@keygate/proto/keymanager/v1/catalog';
import type { CompiledEndpoint, Upstream } from './compiled-catalog.js';

/** Parses the addresses of an endpoint; those that cannot be served are left out and named in `problems`. */
export function compileEndpoint(endpoint: Endpoint | undefined, problems: string[]): CompiledEndpoint | undefined {
  if (endpoint === undefined) return undefined;
  const upstreams: Upstream[] = [];
  for (const url of endpoint.urls) {
    const parsed = parseUpstream(url);
    if (typeof parsed === 'string') problems.push(`endpoint ${problems.length + 1}: ${parsed}`);
    else upstreams.push(parsed);
  }
  return {
    upstreams,
    timeoutMillis: endpoint.timeoutMillis === 0 ? undefined : endpoint.timeoutMillis,
    turn: { next: 0 },
  };
}

/** The reason in words when the address cannot be used; it never repeats the address, which may hold a password. */
function parseUpstream(text: string): Upstream | string {
  if (/[{}]/.test(text)) return 'URL templates are not served';
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return 'not an absolute URL';
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return `cannot speak ${url.protocol}`;
  if (url.username !== '' || url.password !== '') return 'a user name in the URL is not sent; use endpoint security';
  return {
    origin: url.origin,
    basePath: url.pathname.replace(/\/+$/, ''),
    query: url.search.slice(1),
  };
}
