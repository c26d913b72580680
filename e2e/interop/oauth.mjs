import { promisify } from 'node:util';
import oauth from 'oauth';
import { facts, keygate, logIn, report } from './support.mjs';

// The core of passport-oauth2. It sends an empty `code` with every request, whatever the grant.
const client = new oauth.OAuth2(
  keygate.clientId,
  keygate.clientSecret,
  keygate.keyManager,
  '/oauth2/authorize',
  '/oauth2/token',
);
const getToken = promisify((code, parameters, done) =>
  client.getOAuthAccessToken(code, parameters, (error, _access, refresh, results) =>
    // It takes the refresh token out of the rest.
    done(error && new Error(JSON.stringify(error)), { ...results, refresh_token: refresh }),
  ),
);

await report({
  client_credentials: async () => facts(await getToken('', { grant_type: 'client_credentials' })),
  password: async () => {
    const { username, password } = keygate;
    return facts(await getToken('', { grant_type: 'password', username, password }));
  },
  refresh_token: async () => {
    const { username, password } = keygate;
    const { refresh_token } = await getToken('', { grant_type: 'password', username, password });
    return facts(await getToken(refresh_token, { grant_type: 'refresh_token' }));
  },
  authorization_code: async () => {
    const { redirectUri } = keygate;
    const url = client.getAuthorizeUrl({ redirect_uri: redirectUri, response_type: 'code', scope: 'openid' });
    const returned = await logIn(url);
    const grant = { grant_type: 'authorization_code', redirect_uri: redirectUri };
    return facts(await getToken(returned.searchParams.get('code'), grant));
  },
});
