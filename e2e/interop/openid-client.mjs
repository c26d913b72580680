import * as oidc from 'openid-client';
import { facts, keygate, logIn, report } from './support.mjs';

const { issuer, clientId, clientSecret, username, password, redirectUri } = keygate;
const config = await oidc.discovery(new URL(issuer), clientId, clientSecret, oidc.ClientSecretBasic(clientSecret));
const nativeApp = await oidc.discovery(new URL(issuer), keygate.publicClientId, undefined, oidc.None());
let latest;

async function codeFlow(client, { dpop, pushed, scope = 'openid' } = {}) {
  const verifier = oidc.randomPKCECodeVerifier();
  const state = oidc.randomState();
  const nonce = oidc.randomNonce();
  const asked = {
    redirect_uri: redirectUri,
    scope,
    state,
    nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  };
  const build = pushed ? oidc.buildAuthorizationUrlWithPAR : oidc.buildAuthorizationUrl;
  const returned = await logIn(await build(client, asked, dpop && { DPoP: dpop }));
  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
  return oidc.authorizationCodeGrant(client, returned, checks, undefined, dpop && { DPoP: dpop });
}

await report({
  'discovery (OpenID Connect)': () => config.serverMetadata().issuer,
  'discovery (RFC 8414)': async () => {
    const found = await oidc.discovery(new URL(issuer), clientId, clientSecret, undefined, { algorithm: 'oauth2' });
    return found.serverMetadata().issuer;
  },
  'discovery at the gateway': async () => {
    const document = new URL('/.well-known/openid-configuration', keygate.gateway);
    const found = (await oidc.discovery(document, clientId, clientSecret)).serverMetadata();
    return { issuer: found.issuer, tokenEndpoint: found.token_endpoint, userinfo: found.userinfo_endpoint };
  },
  client_credentials: async () => facts(await oidc.clientCredentialsGrant(config, { scope: 'device_a' })),
  password: async () => {
    latest = await oidc.genericGrantRequest(config, 'password', { username, password, scope: 'openid' });
    return { ...facts(latest), claims: latest.claims() };
  },
  refresh_token: async () => {
    latest = await oidc.refreshTokenGrant(config, latest.refresh_token);
    return facts(latest);
  },
  introspection: async () => oidc.tokenIntrospection(config, latest.access_token),
  userinfo: async () => oidc.fetchUserInfo(config, latest.access_token, oidc.skipSubjectCheck),
  revocation: async () => {
    await oidc.tokenRevocation(config, latest.refresh_token);
    return oidc.tokenIntrospection(config, latest.access_token);
  },
  'authorization_code with PKCE': async () => {
    const tokens = await codeFlow(config);
    const user = await oidc.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
    return { ...facts(tokens), claims: tokens.claims(), user };
  },
  'authorization_code of a native app': async () => facts(await codeFlow(nativeApp)),
  'pushed authorization request': async () => facts(await codeFlow(config, { pushed: true })),
  DPoP: async () => {
    const dpop = oidc.getDPoPHandle(nativeApp, await oidc.randomDPoPKeyPair());
    const tokens = await codeFlow(nativeApp, { dpop });
    const url = new URL(keygate.resource);
    const answer = await oidc.fetchProtectedResource(nativeApp, tokens.access_token, url, 'GET', null, undefined, {
      DPoP: dpop,
    });
    const asBearer = await fetch(url, { headers: { authorization: `Bearer ${tokens.access_token}` } });
    return { ...facts(tokens), called: answer.status, stolen: asBearer.status };
  },
  device_code: async () => {
    const device = await oidc.initiateDeviceAuthorization(config, { scope: 'openid' });
    const polling = oidc.pollDeviceAuthorizationGrant(config, device);
    polling.catch(() => undefined);
    // The user ends on a page that says so, not at the client.
    await logIn(device.verification_uri_complete).catch(() => undefined);
    return facts(await polling);
  },
  private_key_jwt: async () => {
    const key = await crypto.subtle.importKey('jwk', keygate.privateJwk, { name: 'ECDSA', namedCurve: 'P-256' }, true, [
      'sign',
    ]);
    const authentication = oidc.PrivateKeyJwt({ key, kid: keygate.privateJwk.kid });
    const keyed = await oidc.discovery(new URL(issuer), keygate.keyedClientId, undefined, authentication);
    return facts(await oidc.clientCredentialsGrant(keyed));
  },
  'dynamic registration': async () => {
    const metadata = {
      redirect_uris: [redirectUri],
      grant_types: ['authorization_code', 'refresh_token'],
      // What this client does by default; who registers nothing is bound to Basic (RFC 7591 section 2).
      token_endpoint_auth_method: 'client_secret_post',
    };
    const asked = { username, password, scope: 'apim:subscribe' };
    const initial = await oidc.genericGrantRequest(config, 'password', asked);
    const registered = await oidc.dynamicClientRegistration(new URL(issuer), metadata, undefined, {
      initialAccessToken: initial.access_token,
    });
    return facts(await codeFlow(registered));
  },
  logout: async () => oidc.buildEndSessionUrl(config, { post_logout_redirect_uri: redirectUri }).pathname,
});
