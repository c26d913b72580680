import { isExecutable } from '../oauth2/authorization/redirect-uri.js';
import type { AccessTokenFormat, Client, ClientMetadata } from '../oauth2/model.js';
import { Refusal } from '../refusal.js';
import type { Application, ClientRegistration } from './application.js';
import { isSwitchedOn } from './key-properties.js';

type Registered = Omit<ClientRegistration, 'createdAt' | 'keyMappingId'>;

/** A registration as the authorization server sees it: WSO2's words and RFC 7591's become one set of facts. */
export function toClient(registered: Registered, tokenType: Application['tokenType'] | undefined): Client {
  const { clientId, name, tenantDomain, owner, applicationId, keyType } = registered;
  const { grantTypes, confidential, active, allTenants, lifetimes } = registered;
  return {
    clientId,
    name,
    tenantDomain,
    owner,
    applicationId,
    keyType,
    grantTypes,
    confidential,
    active,
    allTenants,
    lifetimes,
    metadata: effectiveMetadata(registered, tokenType),
  };
}

function effectiveMetadata(
  { metadata, callbackUrl, additionalProperties, mode }: Registered,
  tokenType: Application['tokenType'] | undefined,
): ClientMetadata {
  return {
    ...metadata,
    redirectUris: (metadata.redirectUris ?? callbackUris(callbackUrl)).filter(
      // A pattern is easily wider than it looks, so it is taken from an imported client only, which relies on it.
      (uri) => mode === 'MAPPED' || !uri.startsWith('regexp='),
    ),
    requirePkce: metadata.requirePkce ?? isSwitchedOn(additionalProperties.pkceMandatory),
    allowPlainPkce: metadata.allowPlainPkce ?? isSwitchedOn(additionalProperties.pkceSupportPlain),
    accessTokenFormat: metadata.accessTokenFormat ?? formatOf(tokenType),
  };
}

/** WSO2: one URL, several with commas between, or `regexp=(…)`, in which a comma is part of the expression. */
export function callbackUris(callbackUrl: string): readonly string[] {
  const text = callbackUrl.trim();
  if (text.startsWith('regexp=')) return [text];
  return text
    .split(',')
    .map((uri) => uri.trim())
    .filter((uri) => uri !== '');
}

/** Refused where it is registered, although no answer would ever go there. */
export function requireHarmless(callbackUrl: string): void {
  if (callbackUris(callbackUrl).some(isExecutable)) {
    throw new Refusal('invalid', 'A callback URL must not be one that a browser would run or open as a file.');
  }
}

/** OAUTH is what an application has when nobody chose: then the server's default applies. */
function formatOf(tokenType: Application['tokenType'] | undefined): AccessTokenFormat | undefined {
  return tokenType === 'JWT' ? 'jwt' : undefined;
}
