import type { ApiBody, ApiOperation } from '../apis/api.js';

/** Roles of the demo: each may have one of the sample API's scopes. */
export const demoRoles = { reader: 'pet-reader', writer: 'pet-writer' } as const;

export const demoApi = { name: 'PetStore', context: '/petstore', version: '1.0.0' } as const;

const operation = (verb: string, target: string, scopes: readonly string[]): ApiOperation => ({
  id: `${verb.toLowerCase()}${target.replaceAll('/', '-')}`,
  verb,
  target,
  scopes,
  authType: scopes.length > 0 ? 'Application & Application User' : 'None',
  throttlingPolicy: 'Unlimited',
});

const scope = (name: string, displayName: string, role: string) => ({
  scope: { name, displayName, description: displayName, bindings: [role] },
  shared: false,
});

/** The sample API in front of the sample backend: a resource per scope, and an open one. */
export function demoApiBody(backendUrl: string): ApiBody {
  const endpoint = { url: backendUrl };
  return {
    description: 'The sample API of the quickstart.',
    transport: ['http', 'https'],
    policies: ['Unlimited'],
    securityScheme: ['oauth2', 'oauth_basic_auth_api_key_mandatory'],
    visibility: 'PUBLIC',
    operations: [
      operation('GET', '/pets', ['read']),
      operation('POST', '/pets', ['update']),
      operation('GET', '/health', []),
    ],
    scopes: [scope('read', 'Read pets', demoRoles.reader), scope('update', 'Change pets', demoRoles.writer)],
    endpointConfig: { endpoint_type: 'http', production_endpoints: endpoint, sandbox_endpoints: endpoint },
    corsConfiguration: null,
  };
}
