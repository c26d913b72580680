import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Flows, InteropWorld } from './support/interop-world.js';

const issued = { access: expect.stringMatching(/^\S{32,}$/), type: 'bearer', expiresIn: expect.any(Number) };
const withRefresh = { ...issued, refresh: expect.stringMatching(/^\S{32,}$/) };
const withIdToken = { ...withRefresh, idToken: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/) };
const claims = expect.objectContaining({ iss: expect.stringMatching(/\/oauth2\/token$/), sub: expect.any(String) });
const issuer = expect.stringMatching(/^https:\/\/localhost:\d+\/oauth2\/token$/);
const live = expect.objectContaining({ active: true, sub: expect.any(String), client_id: expect.any(String) });

/** Unmodified clients of other makers, and what each of their flows must end with. */
const clients: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'openid-client.mjs': {
    'discovery (OpenID Connect)': issuer,
    'discovery (RFC 8414)': issuer,
    'discovery at the gateway': {
      issuer,
      tokenEndpoint: expect.stringMatching(/\/token$/),
      userinfo: expect.stringMatching(/\/userinfo$/),
    },
    client_credentials: issued,
    password: { ...withIdToken, claims },
    refresh_token: withRefresh,
    introspection: live,
    userinfo: expect.objectContaining({ sub: expect.any(String) }),
    revocation: { active: false },
    'authorization_code with PKCE': {
      ...withIdToken,
      claims,
      user: expect.objectContaining({ sub: expect.any(String) }),
    },
    'authorization_code of a native app': withIdToken,
    'pushed authorization request': withIdToken,
    DPoP: { ...withIdToken, type: 'dpop', called: 200, stolen: 401 },
    device_code: issued,
    private_key_jwt: issued,
    'dynamic registration': withRefresh,
    logout: '/oidc/logout',
  },
  'oauth4webapi.mjs': {
    client_credentials: issued,
    'authorization_code with PKCE': { ...withIdToken, claims },
    refresh_token: withRefresh,
    userinfo: expect.objectContaining({ sub: expect.any(String) }),
    introspection: live,
    'JWT access token (RFC 9068)': claims,
    revocation: 'done',
  },
  'simple-oauth2.mjs': {
    'client_credentials, strict encoding': issued,
    'client_credentials, loose encoding': issued,
    'client_credentials, in the body': issued,
    password: withRefresh,
    'refresh_token and revocation': withRefresh,
    authorization_code: { ...withRefresh, state: 'a state' },
  },
  'client-oauth2.mjs': {
    client_credentials: issued,
    password: withRefresh,
    refresh_token: withRefresh,
    authorization_code: withRefresh,
  },
  'oauth.mjs': {
    client_credentials: issued,
    password: withRefresh,
    refresh_token: withRefresh,
    authorization_code: withRefresh,
  },
  'badgateway-oauth2-client.mjs': {
    client_credentials: issued,
    password: withRefresh,
    refresh_token: withRefresh,
    introspection: expect.objectContaining({ active: true }),
    'a call through its fetch': 200,
    'authorization_code with PKCE': withRefresh,
    revocation: false,
  },
  'axios-oauth-client.mjs': {
    client_credentials: issued,
    password: withRefresh,
    refresh_token: withRefresh,
    authorization_code: withRefresh,
  },
  'authlib_client.py': {
    'client_credentials, Basic': issued,
    'client_credentials, in the body': issued,
    password: withRefresh,
    refresh_token: withRefresh,
    introspection: live,
    revocation: 200,
    'a call': 200,
    'authorization_code with PKCE': withRefresh,
  },
  'requests_oauthlib_client.py': {
    client_credentials: issued,
    password: withRefresh,
    refresh_token: withRefresh,
    'a call': 200,
    authorization_code: withRefresh,
  },
};

describe('clients of other makers, unmodified', () => {
  let world: InteropWorld;

  beforeAll(async () => {
    world = await InteropWorld.start();
  });
  afterAll(() => world?.stop());

  describe.each(Object.entries(clients))('%s', (script, expected) => {
    let flows: Flows;

    beforeAll(async () => {
      flows = await world.runClient(script);
    });

    it.each(Object.entries(expected))('%s', (name, result) => {
      const isObject = typeof result === 'object' && result !== null && !('asymmetricMatch' in result);
      if (isObject) expect(flows[name]).toMatchObject(result);
      else expect(flows[name]).toEqual(result);
    });

    it('has no flow that is not looked at', () => {
      expect(Object.keys(flows).sort()).toEqual(Object.keys(expected).sort());
    });
  });
});
