import { parseKeySet } from '@keygate/common/jose';
import { isInsecure, isRedirectUri } from '../authorization/redirect-uri.js';
import { parseDistinguishedName } from '../certificates/distinguished-name.js';
import { addressBytes } from '../client-certificate.js';
import type { ClientAuthenticationMethod, ClientMetadata } from '../model.js';
import { metadataSchema, type SentMetadata } from './metadata-schema.js';
import { invalidMetadata, invalidRedirectUri } from './registration-refusal.js';

/** What of a registration request is kept. */
export interface RequestedClient {
  readonly name: string | undefined;
  readonly grantTypes: readonly string[];
  readonly metadata: ClientMetadata & { readonly tokenEndpointAuthMethod: ClientAuthenticationMethod };
}

/** Which grants and response types there are for whom asks. */
export interface RegistrationLimits {
  readonly grantTypes: readonly string[];
}

const responseTypesByGrant: Readonly<Record<string, readonly string[]>> = {
  authorization_code: ['code'],
  implicit: ['token', 'id_token', 'id_token token'],
};
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'oth'];
const certificateNames = [
  'tls_client_auth_subject_dn',
  'tls_client_auth_san_dns',
  'tls_client_auth_san_uri',
  'tls_client_auth_san_ip',
  'tls_client_auth_san_email',
] as const;

/** RFC 7591 §2 with the rules of RFC 8252, RFC 8705 and RFC 9700. Throws `RegistrationRefusal`. */
export function readClientMetadata(body: unknown, limits: RegistrationLimits): RequestedClient {
  const read = metadataSchema.safeParse(body);
  if (!read.success) {
    const named = [...new Set(read.error.issues.map(({ path }) => String(path[0] ?? 'the body')))];
    if (named.includes('redirect_uris')) throw invalidRedirectUri('redirect_uris cannot be read.');
    throw invalidMetadata(`Cannot be read: ${named.join(', ')}.`);
  }
  const sent = read.data;
  const method = sent.token_endpoint_auth_method ?? 'client_secret_basic';
  const grantTypes = grantTypesOf(sent, method, limits);
  const responseTypes = responseTypesOf(sent, grantTypes);
  checkRedirectUris(sent, method, responseTypes.length > 0);
  checkKeys(sent, method);
  return { name: sent.client_name, grantTypes, metadata: metadataOf(sent, method, responseTypes) };
}

function grantTypesOf(
  sent: SentMetadata,
  method: ClientAuthenticationMethod,
  { grantTypes: allowed }: RegistrationLimits,
): readonly string[] {
  const grantTypes = [...new Set(sent.grant_types ?? ['authorization_code'])];
  if (!grantTypes.every((name) => allowed.includes(name))) throw invalidMetadata('A grant type is not offered.');
  // RFC 6749 §4.4: a client that proves nothing cannot act in its own name.
  if (method === 'none' && grantTypes.includes('client_credentials')) {
    throw invalidMetadata('client_credentials needs a token_endpoint_auth_method other than none.');
  }
  return grantTypes;
}

/** RFC 7591 §2.1: each response type goes with one grant type, and the other way round. */
function responseTypesOf(sent: SentMetadata, grantTypes: readonly string[]): readonly string[] {
  const possible = grantTypes.flatMap((name) => responseTypesByGrant[name] ?? []);
  const responseTypes = [...new Set(sent.response_types ?? (possible.includes('code') ? ['code'] : possible))].map(
    sorted,
  );
  if (!responseTypes.every((name) => possible.includes(name))) {
    throw invalidMetadata('response_types and grant_types do not fit together.');
  }
  for (const grantType of grantTypes) {
    const own = responseTypesByGrant[grantType];
    if (own && !own.some((name) => responseTypes.includes(name))) {
      throw invalidMetadata('response_types and grant_types do not fit together.');
    }
  }
  return responseTypes;
}

/** The names of a response type are a set (RFC 6749 §3.1.1). */
const sorted = (responseType: string) => responseType.split(' ').sort().join(' ');

function checkRedirectUris(sent: SentMetadata, method: ClientAuthenticationMethod, isNeeded: boolean): void {
  const registered = sent.redirect_uris ?? [];
  if (isNeeded && registered.length === 0) throw invalidRedirectUri('redirect_uris is missing.');
  const mayBeNative = method === 'none' || sent.application_type === 'native';
  for (const uri of [...registered, ...(sent.post_logout_redirect_uris ?? [])]) {
    if (!isRedirectUri(uri)) throw invalidRedirectUri('A redirect URI is absolute and has no fragment.');
    if (isInsecure(uri)) throw invalidRedirectUri('http is for loopback addresses only.');
    if (!/^https?:/i.test(uri) && !(mayBeNative && isOwnScheme(uri))) {
      throw invalidRedirectUri('A redirect URI is https, http on a loopback address, or a scheme of a native app.');
    }
  }
}

/** RFC 8252 §7.1: a domain name backwards, so that two apps do not take the same one by chance. */
const isOwnScheme = (uri: string) => /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:/i.test(uri);

function checkKeys(sent: SentMetadata, method: ClientAuthenticationMethod): void {
  if (sent.jwks && sent.jwks_uri !== undefined) throw invalidMetadata('Either jwks or jwks_uri.');
  for (const key of sent.jwks?.keys ?? []) {
    if (privateMembers.some((name) => name in key)) throw invalidMetadata('jwks holds a private or secret key.');
  }
  if (sent.jwks && JSON.stringify(sent.jwks).length > 32_768) throw invalidMetadata('jwks is too large.');
  const needsKeys = method === 'private_key_jwt' || method === 'self_signed_tls_client_auth';
  if (needsKeys && !sent.jwks && sent.jwks_uri === undefined)
    throw invalidMetadata(`${method} needs jwks or jwks_uri.`);
  if (needsKeys && sent.jwks && parseKeySet(sent.jwks)?.keys.length === 0) {
    throw invalidMetadata('jwks holds no key that a signature can be checked with.');
  }
  const named = certificateNames.filter((name) => sent[name] !== undefined);
  if (method === 'tls_client_auth' && named.length !== 1) {
    throw invalidMetadata(`tls_client_auth needs exactly one of ${certificateNames.join(', ')}.`);
  }
  const { tls_client_auth_subject_dn: dn, tls_client_auth_san_ip: ip } = sent;
  if (dn !== undefined && !parseDistinguishedName(dn)) throw invalidMetadata('tls_client_auth_subject_dn is no name.');
  if (ip !== undefined && !addressBytes(ip)) throw invalidMetadata('tls_client_auth_san_ip is no address.');
}

function metadataOf(
  sent: SentMetadata,
  tokenEndpointAuthMethod: ClientAuthenticationMethod,
  responseTypes: readonly string[],
): RequestedClient['metadata'] {
  return {
    redirectUris: sent.redirect_uris ?? [],
    postLogoutRedirectUris: sent.post_logout_redirect_uris,
    applicationType: sent.application_type,
    tokenEndpointAuthMethod,
    jwks: sent.jwks,
    jwksUri: sent.jwks_uri,
    tlsClientAuthSubjectDn: sent.tls_client_auth_subject_dn,
    tlsClientAuthSanDns: sent.tls_client_auth_san_dns,
    tlsClientAuthSanUri: sent.tls_client_auth_san_uri,
    tlsClientAuthSanIp: sent.tls_client_auth_san_ip,
    tlsClientAuthSanEmail: sent.tls_client_auth_san_email,
    tlsClientCertificateBoundAccessTokens: sent.tls_client_certificate_bound_access_tokens,
    dpopBoundAccessTokens: sent.dpop_bound_access_tokens,
    requirePushedAuthorizationRequests: sent.require_pushed_authorization_requests,
    responseTypes,
    idTokenSignedResponseAlg: sent.id_token_signed_response_alg,
    scope: sent.scope === undefined ? undefined : sent.scope.split(' ').filter(Boolean),
    clientUri: sent.client_uri,
    logoUri: sent.logo_uri,
    policyUri: sent.policy_uri,
    tosUri: sent.tos_uri,
    contacts: sent.contacts,
    softwareId: sent.software_id,
    softwareVersion: sent.software_version,
  };
}
