import { addressKey, isWithin } from '../../apis/address.js';
import { type CompiledDenials, deniedApi } from '../../apis/compiled-limits.js';
import type { Exchange } from '../exchange.js';
import { GatewayError } from '../gateway-errors.js';
import type { Stage } from '../stage.js';

/** Refuses whom a deny policy names (WSO2: block conditions): an API, an application, a user, addresses. */
export function deny(): Stage {
  return {
    name: 'deny',
    run(exchange) {
      const { denials } = exchange.catalog;
      if (denials !== undefined && isDenied(denials, exchange)) throw new GatewayError('messageBlocked');
    },
  };
}

function isDenied(denials: CompiledDenials, exchange: Exchange): boolean {
  const { api, application, token } = exchange;
  if (denials.apis.size > 0 && denials.apis.has(deniedApi(api.tenantDomain, api.context))) return true;
  if (denials.users.size > 0 && denials.users.has(token?.user || application?.owner || '')) return true;
  if (application !== undefined && denials.applications.has(`${application.owner}:${application.name}`)) return true;
  return isAddressDenied(denials, exchange);
}

function isAddressDenied({ addresses }: CompiledDenials, { api, clientAddress }: Exchange): boolean {
  const ranges = addresses.get(api.tenantDomain);
  if (ranges === undefined) return false;
  const key = addressKey(clientAddress);
  for (const { range, invert } of ranges) {
    // Whoever has no address, on a Unix socket, is within no range.
    if ((key !== undefined && isWithin(range, key)) !== invert) return true;
  }
  return false;
}
