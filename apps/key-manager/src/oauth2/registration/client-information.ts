import type { ClientMetadata } from '../model.js';

/** What is registered, without what proves it. */
export interface RegisteredFacts {
  readonly clientId: string;
  readonly name: string;
  readonly grantTypes: readonly string[];
  readonly metadata: ClientMetadata;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

/** RFC 7591 §3.2.1: everything that is registered, in the words of the wire. */
export function clientInformation({ clientId, name, grantTypes, metadata, createdAt }: RegisteredFacts) {
  const known = {
    client_id: clientId,
    client_id_issued_at: Math.floor(createdAt / 1_000),
    client_name: name === clientId ? undefined : name,
    redirect_uris: metadata.redirectUris,
    post_logout_redirect_uris: metadata.postLogoutRedirectUris,
    application_type: metadata.applicationType,
    token_endpoint_auth_method: metadata.tokenEndpointAuthMethod,
    grant_types: grantTypes,
    response_types: metadata.responseTypes,
    scope: metadata.scope?.join(' '),
    jwks: metadata.jwks,
    jwks_uri: metadata.jwksUri,
    tls_client_auth_subject_dn: metadata.tlsClientAuthSubjectDn,
    tls_client_auth_san_dns: metadata.tlsClientAuthSanDns,
    tls_client_auth_san_uri: metadata.tlsClientAuthSanUri,
    tls_client_auth_san_ip: metadata.tlsClientAuthSanIp,
    tls_client_auth_san_email: metadata.tlsClientAuthSanEmail,
    tls_client_certificate_bound_access_tokens: metadata.tlsClientCertificateBoundAccessTokens,
    dpop_bound_access_tokens: metadata.dpopBoundAccessTokens,
    require_pushed_authorization_requests: metadata.requirePushedAuthorizationRequests,
    id_token_signed_response_alg: metadata.idTokenSignedResponseAlg,
    client_uri: metadata.clientUri,
    logo_uri: metadata.logoUri,
    policy_uri: metadata.policyUri,
    tos_uri: metadata.tosUri,
    contacts: metadata.contacts,
    software_id: metadata.softwareId,
    software_version: metadata.softwareVersion,
  };
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
}
