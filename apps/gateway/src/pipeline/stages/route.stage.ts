import type { CompiledApi, CompiledResource } from '../../apis/compiled-catalog.js';
import { allowOf } from '../allow.js';
import type { Exchange } from '../exchange.js';
import { GatewayError } from '../gateway-errors.js';
import type { Ports } from '../ports.js';
import { checkHead } from '../request-head.js';
import { parseTarget, type RequestTarget, suffixOf } from '../request-target.js';
import type { Stage } from '../stage.js';

/** Checks the request's head and target, and finds the API and the resource it means. */
export function route({ catalog, settings }: Pick<Ports, 'catalog' | 'settings'>): Stage {
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
      // An API in state CREATED is for its publisher's internal key only, so to everybody else it is not there.
      if (match === undefined || isHidden(match.api)) throw new GatewayError('unknownContext');
      const { api, depth } = match;
      const resource = findResource(api, target, depth, exchange.method);
      exchange.routed(snapshot, {
        api,
        resource,
        verbs: resource === undefined || exchange.method === 'OPTIONS' ? verbsAt(api, target, depth) : noVerbs,
        suffix: suffixOf(target.path, depth),
        query: target.query,
      });
      checkOffered(exchange, api);
    },
  };
}

const noVerbs: readonly string[] = [];

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
  if (api.lifecycle === 'BLOCKED') throw new GatewayError('apiBlocked');
  const { resource, verbs } = exchange.route;
  if (resource !== undefined) return;
  if (verbs.length === 0) throw new GatewayError('noSuchResource');
  if (exchange.method === 'OPTIONS' && api.cors !== undefined) return;
  throw new GatewayError('methodNotAllowed', { headers: ['Allow', allowOf(verbs)] });
}
