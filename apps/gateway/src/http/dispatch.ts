import type { TokenHost } from '../oauth2-endpoints/token-host.js';
import type { RequestHandler } from '../pipeline/request-handler.js';
import type { Listener } from './alpn-server.js';

const tokenPaths = new Set(['/token', '/revoke', '/authorize', '/userinfo', '/jwks']);

/** Token endpoints go to Nest, everything else straight to the pipeline. Compared byte for byte, query aside. */
export function createDispatch(scheme: 'http' | 'https', host: TokenHost, handler: RequestHandler): Listener {
  return (request, response, awaitsContinue, upgrade) => {
    if (!isTokenPath(request.url ?? '')) {
      handler(request, response, scheme, awaitsContinue, upgrade);
      return;
    }
    if (awaitsContinue) response.writeContinue();
    host.handle(request, response);
  };
}

/** For the ports of WebSocket APIs: no token endpoint, and the handler lets nothing through that is no handshake. */
export function onlyWebSocket(scheme: 'http' | 'https', handler: RequestHandler): Listener {
  return (request, response, awaitsContinue, upgrade) => handler(request, response, scheme, awaitsContinue, upgrade);
}

function isTokenPath(target: string): boolean {
  const query = target.indexOf('?');
  const path = query < 0 ? target : target.slice(0, query);
  return tokenPaths.has(path) || path.startsWith('/.well-known/');
}
