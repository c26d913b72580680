import { generateCodeVerifier, OAuth2Client, OAuth2Fetch } from '@badgateway/oauth2-client';
import { keygate, logIn, report } from './support.mjs';

const client = new OAuth2Client({
  server: keygate.gateway,
  discoveryEndpoint: '/.well-known/oauth-authorization-server',
  clientId: keygate.clientId,
  clientSecret: keygate.clientSecret,
  authenticationMethod: 'client_secret_basic',
});
const facts = ({ accessToken, refreshToken, expiresAt, idToken }) => ({
  access: accessToken,
  refresh: refreshToken ?? undefined,
  type: 'bearer',
  expiresIn: Math.round((expiresAt - Date.now()) / 1_000),
  idToken,
});
let latest;

await report({
  client_credentials: async () => facts(await client.clientCredentials({ scope: ['device_a'] })),
  password: async () => {
    const { username, password } = keygate;
    latest = await client.password({ username, password, scope: ['openid'] });
    return facts(latest);
  },
  refresh_token: async () => {
    latest = await client.refreshToken(latest);
    return facts(latest);
  },
  introspection: async () => client.introspect(latest),
  'a call through its fetch': async () => {
    const wrapped = new OAuth2Fetch({ client, getNewToken: () => client.clientCredentials() });
    return (await wrapped.fetch(keygate.resource)).status;
  },
  'authorization_code with PKCE': async () => {
    const codeVerifier = await generateCodeVerifier();
    const { redirectUri } = keygate;
    const asked = { redirectUri, state: 'a state', codeVerifier, scope: ['openid'] };
    const returned = await logIn(await client.authorizationCode.getAuthorizeUri(asked));
    const answered = { redirectUri, state: 'a state', codeVerifier };
    return facts(await client.authorizationCode.getTokenFromCodeRedirect(returned.href, answered));
  },
  revocation: async () => {
    await client.revoke(latest);
    return (await client.introspect(latest)).active;
  },
});
