import type { CompiledApi, CompiledResource } from '../../apis/compiled-catalog.js';
import { allowOf } from '../allow.js';
import { isOpened } from '../credentials/internal-key.js';
import type { Exchange } from '../exchange.js';
import { GatewayError } from '../gateway-errors.js';
import type { Ports } from '../ports.js';
import { checkHead } from '../request-head.js';
import { parseTarget, type RequestTarget, suffixOf } from '../request-target.js';
import type { Stage } from '../stage.js';

/** Checks the request's head and target, and finds the API and the resource it means. */
export function route({
  catalog,
  settings,
  internalKeys,
}: Pick<Ports, 'catalog' | 'settings' | 'internalKeys'>): Stage {
  return {
    name: 'route',
    run(exchange) {
      const { httpVersionMajor, httpVersionMinor } = exchange.request;
      const target = parseTarget(exchange.target, settings.maxUrlBytes);
      checkHead(exchange.rawHeaders, httpVersionMajor, httpVersionMinor);
      const snapshot = catalog.current();
      if (snapshot === undefined) throw new GatewayError('notReady', { headers: ['Retry-After', '1'] });
      // With matrix parameters: the context is not forwarded, so a parameter in it would be lost on the way.
      const match = snapshot.apis.find(target.withParameters ?? target.segments);
      if (match === undefined) throw new GatewayError('unknownContext');
      const { api, depth } = match;
      const isOpen = needsInternalKey(api) && isOpened(exchange, api, internalKeys);
      if (isHidden(api) && !isOpen) throw new GatewayError('unknownContext');
      checkProtocol(exchange, api);
      const resource = findResource(api, target, depth, exchange.method);
      exchange.routed(snapshot, {
        api,
        resource,
        ...(api.isWebSocket && { publish: findResource(api, target, depth, 'PUBLISH') }),
        verbs: resource === undefined || exchange.method === 'OPTIONS' ? verbsAt(api, target, depth) : noVerbs,
        suffix: suffixOf(target.path, depth),
        query: target.query,
      });
      if (api.lifecycle === 'BLOCKED' && !isOpen) throw new GatewayError('apiBlocked');
      checkOffered(exchange, api);
    },
  };
}

const noVerbs: readonly string[] = [];

/** A handshake is for APIs of the type WS only, and to them nothing else makes sense. */
function checkProtocol({ upgrade }: Exchange, { isWebSocket }: CompiledApi): void {
  if (isWebSocket === (upgrade !== undefined)) return;
  if (isWebSocket) throw new GatewayError('upgradeRequired', { headers: ['Upgrade', 'websocket'] });
  throw new GatewayError('upgradeNotOffered');
}

function needsInternalKey(api: CompiledApi): boolean {
  return api.lifecycle === 'BLOCKED' || isHidden(api);
}

/** An API that is not published yet is for its publisher's own key only, so to everybody else it is not there. */
function isHidden({ lifecycle }: CompiledApi): boolean {
  return lifecycle === 'CREATED' || lifecycle === 'UNKNOWN';
}

/**
 * Servlet containers drop matrix parameters before they match (`/admin;x=1` is `/admin`), others take them as text.
 * The resource without them decides; a path that names another resource when read with them is refused.
 */
function findResource(
  api: CompiledApi,
  { segments, withParameters }: RequestTarget,
  depth: number,
  method: string,
): CompiledResource | undefined {
  const resource = api.resources.find(segments, depth, method);
  if (withParameters === undefined) return resource;
  const other = api.resources.find(withParameters, depth, method);
  if (other !== undefined && other !== resource) {
    throw new GatewayError('badRequest', { description: 'The matrix parameters make the path ambiguous.' });
  }
  return resource;
}

function verbsAt(api: CompiledApi, { segments }: RequestTarget, depth: number): readonly string[] {
  return api.resources.verbsAt(segments, depth);
}

function checkOffered(exchange: Exchange, api: CompiledApi): void {
  if (exchange.scheme === 'http' ? !api.offersHttp : !api.offersHttps) {
    throw new GatewayError('unsupportedTransport', {
      description: `Unsupported Transport [ ${exchange.scheme} ]. The requested resource is not available.`,
    });
  }
  const { resource, verbs } = exchange.route;
  if (resource !== undefined) return;
  if (verbs.length === 0) throw new GatewayError('noSuchResource');
  if (exchange.method === 'OPTIONS' && api.cors !== undefined) return;
  throw new GatewayError('methodNotAllowed', { headers: ['Allow', allowOf(verbs)] });
}
