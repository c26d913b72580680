import { dpopAlgorithms } from '@keygate/common/dpop';
import { grantOf } from './authorization/response-type.js';
import { clientAssertionAlgorithms } from './client-assertion.js';
import { deviceCodeGrantType } from './device-authorization/device-authorization-endpoint.js';
import type { Contribution } from './discovery.js';
import { signingAlgorithms } from './signing/jws.js';

/** A gateway serves what it has of its own; the rest is at the key manager. */
const endpoints: Contribution = ({ keyManager, gateway }) => ({
  token_endpoint: gateway ? `${gateway}/token` : `${keyManager}/oauth2/token`,
  revocation_endpoint: gateway ? `${gateway}/revoke` : `${keyManager}/oauth2/revoke`,
  introspection_endpoint: `${keyManager}/oauth2/introspect`,
  userinfo_endpoint: gateway ? `${gateway}/userinfo` : `${keyManager}/oauth2/userinfo`,
  jwks_uri: gateway ? `${gateway}/jwks` : `${keyManager}/oauth2/jwks`,
});

const grants: Contribution = ({ settings }) => ({ grant_types_supported: settings.grantTypes });

/** RFC 6749 §3.1, RFC 7636, OAuth 2.0 Form Post Response Mode, OpenID Connect RP-Initiated Logout. */
const authorization: Contribution = ({ keyManager, gateway, settings }) => {
  const offered = Object.entries(grantOf).filter(([, grant]) => settings.grantTypes.includes(grant));
  // RFC 8414 §2 asks for the list also where it is empty.
  if (offered.length === 0) return { response_types_supported: [] };
  return {
    authorization_endpoint: gateway ? `${gateway}/authorize` : `${keyManager}/oauth2/authorize`,
    end_session_endpoint: `${keyManager}/oidc/logout`,
    response_types_supported: offered.map(([responseType]) => responseType),
    response_modes_supported: ['query', 'fragment', 'form_post'],
    // RFC 9207 §3.
    authorization_response_iss_parameter_supported: true,
    prompt_values_supported: ['none', 'login', 'consent', 'select_account'],
    code_challenge_methods_supported: ['S256', ...(settings.authorization.allowPlainPkce ? ['plain'] : [])],
    // OpenID Connect Discovery §3: what is left out counts as true.
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
    claims_parameter_supported: false,
  };
};

const clientAuthentication: Contribution = ({ settings }) => {
  const certificates = [
    'self_signed_tls_client_auth',
    ...(settings.clientCertificateCaFile ? ['tls_client_auth'] : []),
  ];
  const methods = ['client_secret_basic', 'client_secret_post', 'private_key_jwt', ...certificates];
  return {
    token_endpoint_auth_methods_supported: [...methods, 'none'],
    token_endpoint_auth_signing_alg_values_supported: clientAssertionAlgorithms,
    revocation_endpoint_auth_methods_supported: [...methods, 'none'],
    revocation_endpoint_auth_signing_alg_values_supported: clientAssertionAlgorithms,
    // RFC 7662 §4: not everyone who knows a client id may try out tokens.
    introspection_endpoint_auth_methods_supported: methods,
    introspection_endpoint_auth_signing_alg_values_supported: clientAssertionAlgorithms,
  };
};

/** RFC 7591 §3. */
const registration: Contribution = ({ keyManager, settings }) =>
  (settings.registration?.access ?? 'off') === 'off' ? {} : { registration_endpoint: `${keyManager}/oauth2/register` };

/** RFC 8628 §4. */
const devices: Contribution = ({ keyManager, settings }) =>
  settings.grantTypes.includes(deviceCodeGrantType)
    ? { device_authorization_endpoint: `${keyManager}/oauth2/device_authorize` }
    : {};

/** RFC 9126 §5. */
const pushedRequests: Contribution = ({ keyManager, settings }) => ({
  pushed_authorization_request_endpoint: `${keyManager}/oauth2/par`,
  require_pushed_authorization_requests: settings.pushedAuthorization.required,
});

/** RFC 9449 §5.1. */
const dpop: Contribution = () => ({ dpop_signing_alg_values_supported: dpopAlgorithms });

/** RFC 8705 §3.3 and §5: where no certificate is asked for, so that browsers don't ask their users, the gateways do. */
const certificateBoundTokens: Contribution = ({ gateway, asksForCertificates, gatewayUrl }) => {
  if (gateway !== undefined || asksForCertificates) return { tls_client_certificate_bound_access_tokens: true };
  if (gatewayUrl === undefined) return {};
  const base = gatewayUrl.replace(/\/+$/, '');
  return {
    tls_client_certificate_bound_access_tokens: true,
    mtls_endpoint_aliases: {
      token_endpoint: `${base}/token`,
      revocation_endpoint: `${base}/revoke`,
      userinfo_endpoint: `${base}/userinfo`,
    },
  };
};

/** OpenID Connect Discovery §3. */
const openIdConnect: Contribution = ({ claimScopes, claimNames }) => ({
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: signingAlgorithms,
  scopes_supported: ['openid', ...claimScopes],
  claims_supported: ['sub', 'iss', 'aud', 'exp', 'iat', 'auth_time', 'nonce', 'amr', 'sid', ...claimNames],
});

/** A capability that has something to tell is a line here. */
export const contributions: readonly Contribution[] = [
  endpoints,
  grants,
  authorization,
  clientAuthentication,
  registration,
  devices,
  pushedRequests,
  dpop,
  certificateBoundTokens,
  openIdConnect,
];
