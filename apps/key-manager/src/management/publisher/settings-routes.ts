import { z } from 'zod';
import type { GatewayEnvironment } from '../../apis/environments.js';
import { type DefaultTierPorts, defaultTier } from '../../policies/tiers.js';
import { token } from '../rest/caller.js';
import { type Route, route } from '../rest/route.js';
import { restScopes } from '../rest-scopes.js';

const settings = z.looseObject({
  defaultAdvancePolicy: z.string(),
  defaultSubscriptionPolicy: z.string(),
  authorizationHeader: z.string(),
  gatewayTypes: z.array(z.string()),
  scopes: z.array(z.string()),
  environment: z.array(z.looseObject({ name: z.string() })),
});

/** What a publisher's client needs to know before it makes an API. */
export function settingsRoutes(
  ports: DefaultTierPorts & { readonly environments: readonly GatewayEnvironment[] },
): Route[] {
  return [
    route({
      method: 'GET',
      path: '/settings',
      summary: 'Default tiers, gateway environments and scopes.',
      access: token('api_view', 'api_create', 'api_publish', 'api_manage'),
      answer: settings,
      handle: async ({ tenantDomain }) => ({
        defaultAdvancePolicy: await defaultTier(ports, tenantDomain, 'advanced'),
        defaultSubscriptionPolicy: await defaultTier(ports, tenantDomain, 'subscription'),
        authorizationHeader: 'Authorization',
        gatewayTypes: ['Regular'],
        scopes: [...restScopes.keys()],
        environment: ports.environments,
      }),
    }),
  ];
}
