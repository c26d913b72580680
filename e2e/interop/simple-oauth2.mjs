import { AuthorizationCode, ClientCredentials, ResourceOwnerPassword } from 'simple-oauth2';
import { facts, keygate, logIn, report } from './support.mjs';

const { username, password, redirectUri } = keygate;
const settings = (credentialsEncodingMode, authorizationMethod = 'header', more = {}) => ({
  client: { id: keygate.clientId, secret: keygate.clientSecret },
  auth: {
    tokenHost: keygate.gateway,
    tokenPath: '/token',
    revokePath: '/revoke',
    ...more,
  },
  options: { credentialsEncodingMode, authorizationMethod },
});

await report({
  'client_credentials, strict encoding': async () =>
    facts((await new ClientCredentials(settings('strict')).getToken({})).token),
  'client_credentials, loose encoding': async () =>
    facts((await new ClientCredentials(settings('loose')).getToken({})).token),
  'client_credentials, in the body': async () =>
    facts((await new ClientCredentials(settings('strict', 'body')).getToken({})).token),
  password: async () => {
    const client = new ResourceOwnerPassword(settings('strict'));
    return facts((await client.getToken({ username, password, scope: ['openid', 'device_a'] })).token);
  },
  'refresh_token and revocation': async () => {
    const client = new ResourceOwnerPassword(settings('strict'));
    const first = await client.getToken({ username, password });
    const second = await first.refresh();
    await second.revokeAll();
    return facts(second.token);
  },
  authorization_code: async () => {
    const authorize = { authorizeHost: keygate.keyManager, authorizePath: '/oauth2/authorize' };
    const client = new AuthorizationCode(settings('strict', 'header', authorize));
    const url = client.authorizeURL({ redirect_uri: redirectUri, scope: 'openid', state: 'a state' });
    const returned = await logIn(url);
    const code = returned.searchParams.get('code');
    const { token } = await client.getToken({ code, redirect_uri: redirectUri });
    return { ...facts(token), state: returned.searchParams.get('state') };
  },
});
