import { type EndpointSecurity, EndpointSecurityType } from '@keygate/proto/keymanager/v1/catalog';
import type { CompiledEndpointSecurity } from './compiled-endpoint.js';

/** The reason in words when it cannot be served; it never repeats a secret. */
export function compileEndpointSecurity(
  security: EndpointSecurity | undefined,
): CompiledEndpointSecurity | string | undefined {
  if (security === undefined) return undefined;
  const { type, username, password, tokenUrl, clientId, clientSecret, grantType } = security;
  switch (type) {
    case EndpointSecurityType.ENDPOINT_SECURITY_TYPE_BASIC:
      return { type: 'basic', username, password };
    case EndpointSecurityType.ENDPOINT_SECURITY_TYPE_DIGEST:
      return { type: 'digest', username, password };
    case EndpointSecurityType.ENDPOINT_SECURITY_TYPE_OAUTH: {
      if (!isTokenUrl(tokenUrl)) return 'the token URL cannot be called';
      if (grantType !== 'client_credentials' && grantType !== 'password') return 'the grant type is not offered';
      const parameters = parametersOf(security.parameters);
      if (parameters === undefined) return 'the parameters are no JSON object';
      return { type: 'oauth', tokenUrl, clientId, clientSecret, grantType, username, password, parameters };
    }
    default:
      return 'its type is not known to this gateway';
  }
}

function isTokenUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return (protocol === 'http:' || protocol === 'https:') && username === '' && password === '';
}

function parametersOf(text: string): string[] | undefined {
  if (text === '') return [];
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
    return Object.entries(parsed).flatMap(([name, value]) => [name, String(value)]);
  } catch {
    return undefined;
  }
}
