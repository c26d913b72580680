import { Refusal } from '../refusal.js';

type Properties = Readonly<Record<string, unknown>>;

const client = ['client_id', 'client_secret'];
const administrator = ['Username', 'Password'];

/** WSO2's connectors, with the members of `additionalProperties` that each cannot do without. */
export const connectors = {
  default: () => [],
  Auth0: () => [...client, 'audience'],
  'WSO2-IS': () => administrator,
  KeyCloak: () => client,
  Okta: () => ['apiKey', ...client],
  PingFederate: () => ['username', 'password', ...client],
  Forgerock: () => client,
  'WSO2-IS-7': ({ Authentication: authentication }: Properties) => [
    'api_resource_management_endpoint',
    'is7_roles_endpoint',
    ...(authentication === 'MutualTLS' ? ['IdentityUser'] : administrator),
  ],
} satisfies Record<string, (properties: Properties) => readonly string[]>;

export type ConnectorType = keyof typeof connectors;

export const connectorTypes = Object.keys(connectors) as [ConnectorType, ...ConnectorType[]];

/** Throws `Refusal` and names every member that is missing. */
export function requireMembers(type: ConnectorType, properties: Properties): void {
  const required: readonly string[] = connectors[type](properties);
  const missing = required.filter((name) => properties[name] === undefined || properties[name] === '');
  if (missing.length === 0) return;
  throw new Refusal('invalid', `additionalProperties of a key manager of type ${type} lack ${missing.join(', ')}`);
}
