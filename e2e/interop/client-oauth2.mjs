import ClientOAuth2 from 'client-oauth2';
import { facts, keygate, logIn, report } from './support.mjs';

const client = new ClientOAuth2({
  clientId: keygate.clientId,
  clientSecret: keygate.clientSecret,
  accessTokenUri: `${keygate.gateway}/token`,
  authorizationUri: `${keygate.keyManager}/oauth2/authorize`,
  redirectUri: keygate.redirectUri,
  scopes: ['openid', 'device_a'],
});

await report({
  client_credentials: async () => facts((await client.credentials.getToken()).data),
  password: async () => facts((await client.owner.getToken(keygate.username, keygate.password)).data),
  refresh_token: async () => {
    const token = await client.owner.getToken(keygate.username, keygate.password);
    return facts((await token.refresh()).data);
  },
  authorization_code: async () => {
    const returned = await logIn(client.code.getUri({ state: 'a state' }));
    return facts((await client.code.getToken(returned.href, { state: 'a state' })).data);
  },
});
