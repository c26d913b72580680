// @node-oauth/oauth2-server on plain node:https with maps as its model. Started by bench/support/peers.mjs.
import { timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import OAuth2Server from '@node-oauth/oauth2-server';

const { certFile, keyFile, client } = JSON.parse(process.env.BENCH_SETTINGS);

const accessTokens = new Map();
const refreshTokens = new Map();
const secret = Buffer.from(client.secret);
const known = { id: client.id, grants: ['client_credentials', 'refresh_token', 'password'] };

const model = {
  async getClient(id, presented) {
    if (id !== known.id) return undefined;
    const sent = Buffer.from(presented ?? '');
    return sent.length === secret.length && timingSafeEqual(sent, secret) ? known : undefined;
  },
  getUserFromClient: async () => ({ id: 'application' }),
  getUser: async (name) => ({ id: name }),
  async saveToken(token, { id }, user) {
    const saved = { ...token, client: { id }, user };
    accessTokens.set(token.accessToken, saved);
    if (token.refreshToken) refreshTokens.set(token.refreshToken, saved);
    return saved;
  },
  getAccessToken: async (value) => accessTokens.get(value),
  getRefreshToken: async (value) => refreshTokens.get(value),
  revokeToken: async ({ refreshToken }) => refreshTokens.delete(refreshToken),
};
const oauth = new OAuth2Server({ model });

async function answer(request, body) {
  const [path] = request.url.split('?');
  const sent = new OAuth2Server.Request({
    method: request.method,
    query: {},
    headers: request.headers,
    body: Object.fromEntries(new URLSearchParams(body)),
  });
  const reply = new OAuth2Server.Response({ headers: {} });
  if (path === '/token') await oauth.token(sent, reply);
  else reply.body = { active: (await oauth.authenticate(sent, reply)) !== undefined };
  return reply;
}

const pair = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
const server = createServer({ ...pair, keepAliveTimeout: 60_000 }, (request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    answer(request, Buffer.concat(chunks).toString()).then(
      ({ status, headers, body }) => {
        response.writeHead(status ?? 200, { ...headers, 'content-type': 'application/json' });
        response.end(JSON.stringify(body));
      },
      (error) => {
        response.writeHead(error.code ?? 500, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ error: error.name }));
      },
    );
  });
});
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.on('message', ({ families }) => {
  const expires = new Date(Date.now() + 86_400_000);
  const values = Array.from({ length: families }, (_, number) => `refresh-${number}`);
  for (const refreshToken of values) {
    refreshTokens.set(refreshToken, { refreshToken, refreshTokenExpiresAt: expires, client: known, user: { id: 'u' } });
  }
  process.send({ refreshTokens: values });
});
process.on('SIGTERM', () => process.exit());
process.on('disconnect', () => process.exit());
