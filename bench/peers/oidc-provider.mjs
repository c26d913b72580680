// oidc-provider with maps as its store, over HTTPS. Started by bench/support/peers.mjs; settings come as JSON.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { Provider } from 'oidc-provider';

const { certFile, keyFile, client } = JSON.parse(process.env.BENCH_SETTINGS);

/** Its own store in memory keeps a thousand entries, too few for refreshing; this one is as simple and keeps more. */
const kept = 200_000;
const rows = new Map();
const members = new Map();

class MapAdapter {
  constructor(model) {
    this.model = model;
  }
  key(id) {
    return `${this.model}:${id}`;
  }
  async find(id) {
    return rows.get(this.key(id));
  }
  async upsert(id, payload) {
    const key = this.key(id);
    rows.set(key, payload);
    if (payload.grantId) {
      const family = members.get(payload.grantId);
      if (family) family.add(key);
      else members.set(payload.grantId, new Set([key]));
    }
    if (rows.size > kept) rows.delete(rows.keys().next().value);
  }
  async consume(id) {
    rows.get(this.key(id)).consumed = Math.floor(Date.now() / 1_000);
  }
  async destroy(id) {
    rows.delete(this.key(id));
  }
  async revokeByGrantId(grantId) {
    for (const key of members.get(grantId) ?? []) rows.delete(key);
    members.delete(grantId);
  }
}

const provider = new Provider('https://localhost', {
  adapter: MapAdapter,
  clients: [
    {
      client_id: client.id,
      client_secret: client.secret,
      grant_types: ['client_credentials', 'refresh_token', 'authorization_code'],
      redirect_uris: ['https://client.example/callback'],
      response_types: ['code'],
    },
  ],
  features: {
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    devInteractions: { enabled: false },
  },
  rotateRefreshToken: true,
  ttl: { AccessToken: 3_600, ClientCredentials: 3_600, RefreshToken: 86_400, Grant: 86_400 },
  findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
});

/** A refresh token without the browser steps before it. Without `openid`: no ID token is signed along with each refresh. */
async function newRefreshToken(number) {
  const accountId = `user-${number}`;
  const grant = new provider.Grant({ accountId, clientId: client.id });
  grant.addOIDCScope('offline_access');
  const grantId = await grant.save();
  const token = new provider.RefreshToken({
    accountId,
    client: await provider.Client.find(client.id),
    grantId,
    gty: 'authorization_code',
    scope: 'offline_access',
  });
  return token.save();
}

const pair = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
const server = createServer({ ...pair, keepAliveTimeout: 60_000 }, provider.callback());
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.on('message', async ({ families }) => {
  const refreshTokens = await Promise.all(Array.from({ length: families }, (_, number) => newRefreshToken(number)));
  process.send({ refreshTokens });
});
process.on('SIGTERM', () => process.exit());
process.on('disconnect', () => process.exit());
