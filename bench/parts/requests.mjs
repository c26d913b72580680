import { request } from 'undici';
import { contest } from '../support/contest.mjs';
import { form, Load } from '../support/load.mjs';

/** Where each server answers what. Ours introspects at the key manager: the gateway has no such endpoint. */
const endpointsOf = (server) =>
  server.urls
    ? {
        token: { origin: server.urls.gateway, path: '/token' },
        introspect: { origin: server.urls.keyManager, path: '/oauth2/introspect' },
      }
    : {
        token: { origin: server.url, path: '/token' },
        introspect: server.introspectPath && { origin: server.url, path: server.introspectPath },
      };

const accessTokenOf = (text) => {
  const token = /"access_token":"([^"]+)"/.exec(text)?.[1];
  if (token === undefined) throw new Error(`no access token: ${text.slice(0, 300)}`);
  return token;
};

/** Whether the server itself takes the token for a live one. */
async function assertUsable(server, dispatcher, token) {
  const { introspect } = endpointsOf(server);
  const { path, headers, body } = introspect
    ? form(introspect.path, server.client, { token })
    : { path: '/whoami', headers: { authorization: `Bearer ${token}` }, body: '' };
  const { origin } = introspect ?? endpointsOf(server).token;
  const answer = await request(`${origin}${path}`, { method: 'POST', headers, body, dispatcher });
  const text = await answer.body.text();
  if (answer.statusCode !== 200 || !/"active":\s*true/.test(text)) {
    throw new Error(`${server.name}: a token just issued is not usable: ${answer.statusCode} ${text.slice(0, 300)}`);
  }
}

const tokenLoad = (server, connections, requestOf, answered) =>
  new Load({ origin: endpointsOf(server).token.origin, ca: server.ca, connections, request: requestOf, answered });

/** grant_type=client_credentials. */
export function clientCredentials(server, { connections, dispatcherOf }) {
  const fixed = form(endpointsOf(server).token.path, server.client, { grant_type: 'client_credentials' });
  let last;
  const load = tokenLoad(
    server,
    connections,
    () => fixed,
    (text) => {
      last = accessTokenOf(text);
    },
  );
  const verify = () => assertUsable(server, dispatcherOf(server), last);
  return { name: server.name, load, processes: server.processes, verify };
}

/** grant_type=refresh_token: each connection rotates a family of its own. */
export async function refresh(server, { connections, dispatcherOf }) {
  const current = await server.newRefreshTokens(connections);
  const { path } = endpointsOf(server).token;
  let last;
  const load = tokenLoad(
    server,
    connections,
    (index) => form(path, server.client, { grant_type: 'refresh_token', refresh_token: current[index] }),
    (text, index) => {
      const next = /"refresh_token":"([^"]+)"/.exec(text)?.[1];
      if (next === undefined || next === current[index]) throw new Error(`${server.name}: not rotated: ${text}`);
      current[index] = next;
      last = accessTokenOf(text);
    },
  );
  const verify = () => assertUsable(server, dispatcherOf(server), last);
  return { name: server.name, load, processes: server.processes, verify };
}

/** Introspection (RFC 7662) of live access tokens, a few hundred in turn. */
export async function introspection(server, { connections, dispatcherOf }) {
  const { token, introspect } = endpointsOf(server);
  const tokens = [];
  const ask = form(token.path, server.client, { grant_type: 'client_credentials' });
  while (tokens.length < 200) {
    const { path, ...rest } = ask;
    const { body } = await request(`${token.origin}${path}`, {
      ...rest,
      method: 'POST',
      dispatcher: dispatcherOf(server),
    });
    tokens.push(accessTokenOf(await body.text()));
  }
  const forms = tokens.map((one) => form(introspect.path, server.client, { token: one }));
  let turn = 0;
  const load = new Load({
    origin: introspect.origin,
    ca: server.ca,
    connections,
    request: () => forms[turn++ % forms.length],
    answered: (text) => {
      if (!/"active":\s*true/.test(text)) throw new Error(`${server.name}: a live token is not active: ${text}`);
    },
  });
  return { name: server.name, load, processes: server.processes };
}

/** grant_type=password of the cluster's administrator. */
export const passwordForm = (cluster) =>
  form(endpointsOf(cluster).token.path, cluster.client, {
    grant_type: 'password',
    username: cluster.user.name,
    password: cluster.user.password,
  });

/** Logs in so often that every connection has a refresh token to begin with. */
export async function logIn(cluster, count, dispatcher) {
  const { origin } = endpointsOf(cluster).token;
  const { path, headers, body } = passwordForm(cluster);
  const one = async () => {
    const answer = await request(`${origin}${path}`, { method: 'POST', headers, body, dispatcher });
    const text = await answer.body.text();
    const token = /"refresh_token":"([^"]+)"/.exec(text)?.[1];
    if (token === undefined) throw new Error(`login answered ${answer.statusCode}: ${text}`);
    return token;
  };
  const tokens = [];
  // A few at a time: each costs a password hash, and a busy machine must not run into deadlines.
  while (tokens.length < count) tokens.push(...(await Promise.all([one(), one(), one(), one()])));
  return tokens.slice(0, count);
}

/** One kind of request at all servers that know it. */
export async function compare(title, kind, servers, settings) {
  const contenders = await Promise.all(servers.map((server) => kind(server, settings)));
  try {
    return await contest({ title, contenders, ...settings });
  } finally {
    await Promise.all(contenders.map(({ load }) => load.close()));
  }
}
