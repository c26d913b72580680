import axios from 'axios';
import { authorizationCode, clientCredentials, ownerCredentials, refreshToken } from 'axios-oauth-client';
import { facts, keygate, logIn, report } from './support.mjs';

const { clientId, clientSecret, redirectUri, username, password } = keygate;
const server = [axios.create(), `${keygate.gateway}/token`, clientId, clientSecret];

await report({
  client_credentials: async () => facts(await clientCredentials(...server)('device_a')),
  password: async () => facts(await ownerCredentials(...server)(username, password, 'openid')),
  refresh_token: async () => {
    const { refresh_token } = await ownerCredentials(...server)(username, password);
    return facts(await refreshToken(...server)(refresh_token));
  },
  authorization_code: async () => {
    const url = new URL('/oauth2/authorize', keygate.keyManager);
    const asked = { client_id: clientId, response_type: 'code', redirect_uri: redirectUri, scope: 'openid' };
    url.search = new URLSearchParams(asked).toString();
    const returned = await logIn(url);
    return facts(await authorizationCode(...server, redirectUri)(returned.searchParams.get('code')));
  },
});
