import { type EndpointSecurity, EndpointSecurityType } from '@keygate/proto/keymanager/v1/catalog';
import type { EndpointConfig } from './api.js';
import type { EndpointKind } from './catalog-endpoint.js';
import { memberOf } from './catalog-protection.js';
import type { GatewaySecrets } from './gateway-secrets.js';

const types: Readonly<Record<string, EndpointSecurityType>> = {
  BASIC: EndpointSecurityType.ENDPOINT_SECURITY_TYPE_BASIC,
  DIGEST: EndpointSecurityType.ENDPOINT_SECURITY_TYPE_DIGEST,
  OAUTH: EndpointSecurityType.ENDPOINT_SECURITY_TYPE_OAUTH,
};

/** WSO2 `endpoint_security`; a type that is none of ours is sent as such, so that the gateway does not call without. */
export function catalogEndpointSecurity(
  config: EndpointConfig,
  kind: EndpointKind,
  apiId: string,
  secrets: GatewaySecrets,
): EndpointSecurity | 'unreadable' | undefined {
  const given = memberOf(config.endpoint_security, kind);
  const type = text(memberOf(given, 'type')).toUpperCase();
  if (!isTrue(memberOf(given, 'enabled')) || type === '' || type === 'NONE') return undefined;
  const password = secrets.open(memberOf(given, 'password'), apiId);
  const clientSecret = secrets.open(memberOf(given, 'clientSecret'), apiId);
  if (password === undefined || clientSecret === undefined) return 'unreadable';
  return {
    type: types[type] ?? EndpointSecurityType.ENDPOINT_SECURITY_TYPE_UNSPECIFIED,
    username: text(memberOf(given, 'username')),
    password,
    tokenUrl: text(memberOf(given, 'tokenUrl')),
    clientId: text(memberOf(given, 'clientId')),
    clientSecret,
    grantType: text(memberOf(given, 'grantType')).toLowerCase(),
    parameters: parametersOf(memberOf(given, 'customParameters')),
  };
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

const isTrue = (value: unknown): boolean => value === true || value === 'true';

/** WSO2 sends them as an object or as its JSON. */
function parametersOf(value: unknown): string {
  if (typeof value === 'object' && value !== null) return JSON.stringify(value);
  return text(value);
}
