import { z } from 'zod';
import type { ForeignKeyManager } from '../../key-managers/key-manager.js';
import type { KeyManagerStore } from '../../key-managers/key-manager-store.js';
import { isShownTo } from '../../key-managers/key-managers.js';
import { superTenant } from '../../users/user-name.js';
import { residentView } from '../admin/key-manager-schema.js';
import { anyone } from '../rest/caller.js';
import { type Route, route } from '../rest/route.js';

export interface PortalKeyManagerPorts {
  readonly keyManagers: KeyManagerStore;
  readonly issuer: string;
  readonly grantTypes: readonly string[];
}

const shown = z.object({
  id: z.string(),
  name: z.string(),
  type: z.string(),
  displayName: z.string(),
  description: z.string(),
  enabled: z.boolean(),
  availableGrantTypes: z.array(z.string()),
  tokenEndpoint: z.string(),
  revokeEndpoint: z.string(),
  userInfoEndpoint: z.string(),
  enableTokenGeneration: z.boolean(),
  enableOAuthAppCreation: z.boolean(),
  enableMapOAuthConsumerApps: z.boolean(),
  applicationConfiguration: z.array(z.unknown()),
  additionalProperties: z
    .record(z.string(), z.unknown())
    .describe('Empty: what it is managed with is for administrators.'),
  tokenType: z.string(),
  alias: z.string(),
});

/** Where an application can get tokens. */
export function portalKeyManagerRoutes({ keyManagers, issuer, grantTypes }: PortalKeyManagerPorts): Route[] {
  return [
    route({
      method: 'GET',
      path: '/key-managers',
      summary: 'Key managers of the tenant, as far as consumers need to know them.',
      access: anyone,
      answer: z.object({ count: z.int(), list: z.array(shown) }),
      async handle(caller, { header }) {
        const tenantDomain = header('x-wso2-tenant')?.toLowerCase() || (caller?.tenantDomain ?? superTenant);
        // Roles count in the caller's own tenant only.
        const roles = caller?.tenantDomain === tenantDomain ? caller.roles : [];
        const foreign = (await keyManagers.listKeyManagers(tenantDomain)).filter((each) => isShownTo(each, roles));
        const list = [toShown(residentView(issuer, grantTypes)), ...foreign.map(toForeign)];
        return { count: list.length, list };
      },
    }),
  ];
}

const toForeign = ({ id, name, type, enabled, tokenType, body }: ForeignKeyManager) =>
  // Nobody else lets this server make clients, or asks it for tokens.
  toShown({ ...body, id, name, type, enabled, tokenType, enableTokenGeneration: false, enableOAuthAppCreation: false });

function toShown(all: Readonly<Record<string, unknown>>): z.output<typeof shown> {
  const text = (...names: string[]) =>
    names.map((name) => all[name]).find((value): value is string => Boolean(value)) ?? '';
  const flag = (name: string) => all[name] === true;
  return {
    id: text('id'),
    name: text('name'),
    type: text('type'),
    displayName: text('displayName', 'name'),
    description: text('description'),
    enabled: flag('enabled'),
    availableGrantTypes: (all.availableGrantTypes as string[] | undefined) ?? [],
    tokenEndpoint: text('displayTokenEndpoint', 'tokenEndpoint'),
    revokeEndpoint: text('displayRevokeEndpoint', 'revokeEndpoint'),
    userInfoEndpoint: text('userInfoEndpoint'),
    enableTokenGeneration: flag('enableTokenGeneration'),
    enableOAuthAppCreation: flag('enableOAuthAppCreation'),
    enableMapOAuthConsumerApps: flag('enableMapOAuthConsumerApps'),
    applicationConfiguration: [],
    additionalProperties: {},
    tokenType: text('tokenType'),
    alias: text('alias'),
  };
}
