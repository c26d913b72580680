import type { CompiledEndpoint } from '../../apis/compiled-catalog.js';
import type { Answers } from '../answers.js';
import type { Exchange } from '../exchange.js';
import { GatewayError } from '../gateway-errors.js';
import type { Ports } from '../ports.js';
import type { Stage } from '../stage.js';

/** Picks the endpoint for the caller's kind of key and hands the request to the forwarder, which answers it. */
export function proxy({ forwarder }: Pick<Ports, 'forwarder'>, answers: Answers): Stage {
  return {
    name: 'proxy',
    run(exchange) {
      forwarder.forward(exchange, endpointOf(exchange), answers);
    },
  };
}

/** A call without a token has no key type: it goes to production when there is such an endpoint. */
function endpointOf({ api, keyType }: Exchange): CompiledEndpoint {
  const endpoint = keyType === undefined ? (api.production ?? api.sandbox) : endpointFor(keyType, api);
  if (endpoint === undefined) {
    throw new GatewayError(keyType === 'SANDBOX' ? 'noSandboxEndpoint' : 'noProductionEndpoint');
  }
  return endpoint;
}

function endpointFor(keyType: 'PRODUCTION' | 'SANDBOX', api: Exchange['api']): CompiledEndpoint | undefined {
  return keyType === 'SANDBOX' ? api.sandbox : api.production;
}
