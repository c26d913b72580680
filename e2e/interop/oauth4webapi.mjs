import * as oauth from 'oauth4webapi';
import { facts, keygate, logIn, report } from './support.mjs';

const issuer = new URL(keygate.issuer);
const discovered = await oauth.discoveryRequest(issuer, { algorithm: 'oidc' });
const server = await oauth.processDiscoveryResponse(issuer, discovered);
const client = { client_id: keygate.clientId };
const byPost = oauth.ClientSecretPost(keygate.clientSecret);
const byBasic = oauth.ClientSecretBasic(keygate.clientSecret);
let latest;

await report({
  client_credentials: async () => {
    const response = await oauth.clientCredentialsGrantRequest(server, client, byPost, { scope: 'device_a' });
    return facts(await oauth.processClientCredentialsResponse(server, client, response));
  },
  'authorization_code with PKCE': async () => {
    const verifier = oauth.generateRandomCodeVerifier();
    const state = oauth.generateRandomState();
    const nonce = oauth.generateRandomNonce();
    const url = new URL(server.authorization_endpoint);
    url.search = new URLSearchParams({
      client_id: client.client_id,
      response_type: 'code',
      redirect_uri: keygate.redirectUri,
      scope: 'openid',
      state,
      nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    }).toString();
    // Also compares `iss` (RFC 9207), as the metadata says that it is sent.
    const parameters = oauth.validateAuthResponse(server, client, await logIn(url), state);
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      byBasic,
      parameters,
      keygate.redirectUri,
      verifier,
    );
    const checks = { expectedNonce: nonce, requireIdToken: true };
    latest = await oauth.processAuthorizationCodeResponse(server, client, response, checks);
    await oauth.validateApplicationLevelSignature(server, response);
    return { ...facts(latest), claims: oauth.getValidatedIdTokenClaims(latest) };
  },
  refresh_token: async () => {
    const response = await oauth.refreshTokenGrantRequest(server, client, byBasic, latest.refresh_token);
    latest = await oauth.processRefreshTokenResponse(server, client, response);
    return facts(latest);
  },
  userinfo: async () => {
    const response = await oauth.userInfoRequest(server, client, latest.access_token);
    return oauth.processUserInfoResponse(server, client, oauth.skipSubjectCheck, response);
  },
  introspection: async () => {
    const response = await oauth.introspectionRequest(server, client, byBasic, latest.access_token);
    return oauth.processIntrospectionResponse(server, client, response);
  },
  'JWT access token (RFC 9068)': async () => {
    const jwtClient = { client_id: keygate.jwtClientId };
    const secret = oauth.ClientSecretBasic(keygate.jwtClientSecret);
    const response = await oauth.clientCredentialsGrantRequest(server, jwtClient, secret, {});
    const { access_token } = await oauth.processClientCredentialsResponse(server, jwtClient, response);
    const request = new Request('https://api.example/', { headers: { authorization: `Bearer ${access_token}` } });
    return oauth.validateJwtAccessToken(server, request, jwtClient.client_id);
  },
  revocation: async () => {
    const response = await oauth.revocationRequest(server, client, byBasic, latest.access_token);
    return oauth.processRevocationResponse(response);
  },
});
