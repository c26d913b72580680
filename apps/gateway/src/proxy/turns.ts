import type { CompiledEndpoint, Upstream } from '../apis/compiled-catalog.js';
import { GatewayError } from '../pipeline/gateway-errors.js';

/** The addresses of endpoints in turns, for connections that are open for long: each counts once, however long it stays. */
export function createTurns(): (endpoint: CompiledEndpoint) => Upstream {
  const turns = new WeakMap<CompiledEndpoint, number>();
  return (endpoint) => {
    const { upstreams } = endpoint;
    const turn = turns.get(endpoint) ?? 0;
    const upstream = upstreams[turn % Math.max(1, upstreams.length)];
    if (upstream === undefined) throw new GatewayError('noUsableEndpoint');
    turns.set(endpoint, turn + 1);
    return upstream;
  };
}
