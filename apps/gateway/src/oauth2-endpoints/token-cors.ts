import type { IncomingMessage, ServerResponse } from 'node:http';
import { type CorsDefaults, corsOf } from '../apis/compile-cors.js';
import type { CompiledCors } from '../apis/compiled-catalog.js';

/** What pages may do with each endpoint; `/authorize` is for browsers themselves, and no page may read it. */
function methodsOf(path: string): string | undefined {
  switch (path) {
    case '/token':
    case '/revoke':
      return 'POST';
    case '/userinfo':
      return 'GET, POST';
    default:
      return path === '/jwks' || path.startsWith('/.well-known/') ? 'GET, HEAD' : undefined;
  }
}

/**
 * CORS of the token endpoints. Headers are set on the response itself: the framework would write their names in lower
 * case, and some clients of HTTP/1.1 compare them as they are written in the books.
 */
export class TokenCors {
  readonly #rules: CompiledCors;

  constructor(settings: CorsDefaults) {
    this.#rules = corsOf(settings, ['DPoP']);
  }

  /** True when the request was a preflight and has been answered. */
  answers(request: IncomingMessage, response: ServerResponse, path: string): boolean {
    const methods = methodsOf(path);
    if (methods === undefined) return false;
    this.#allowOrigin(request, response);
    const { origin, 'access-control-request-method': method } = request.headers;
    if (request.method !== 'OPTIONS' || origin === undefined || method === undefined) return false;
    response.setHeader('Access-Control-Allow-Methods', methods);
    response.setHeader('Access-Control-Allow-Headers', this.#rules.allowHeaders);
    response.setHeader('Allow', `${methods}, OPTIONS`);
    response.setHeader('Content-Length', '0');
    response.statusCode = 200;
    response.end();
    request.resume();
    return true;
  }

  #allowOrigin({ headers: { origin } }: IncomingMessage, response: ServerResponse): void {
    const { allowsAnyOrigin, allowOrigins, allowCredentials } = this.#rules;
    if (allowsAnyOrigin) {
      response.setHeader('Access-Control-Allow-Origin', '*');
      return;
    }
    // Caches must not give one site's answer to another.
    response.setHeader('Vary', 'Origin');
    if (origin === undefined || !allowOrigins.has(origin)) return;
    response.setHeader('Access-Control-Allow-Origin', origin);
    if (allowCredentials) response.setHeader('Access-Control-Allow-Credentials', 'true');
  }
}
