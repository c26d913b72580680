import type { Backend } from './backend.js';
import { type AdministeredCluster, clusterClient, type Role } from './cluster.js';
import type { Client } from './https-client.js';
import {
  createApi,
  createApplication,
  deploy,
  generateKeys,
  type Management,
  management,
  publish,
  subscribe,
} from './management-client.js';
import { type Consumer, type TokenClient, tokenClient } from './token-client.js';

export interface Provisioned {
  readonly client: Client;
  readonly rest: Management;
  readonly consumer: Consumer;
  readonly applicationId: string;
  readonly apiId: string;
  /** Path of a resource that any token of the application may call. */
  readonly path: string;
  /** Tokens through the token endpoint of this gateway or key manager. */
  tokensAt(role: Role, path?: '' | '/oauth2'): TokenClient;
}

/** Gives an empty cluster an API, an application that subscribes to it, and its keys. */
export async function provision(
  settings: AdministeredCluster,
  keyManager: Role,
  backend: Backend,
  name = 'orders',
): Promise<Provisioned> {
  const client = clusterClient(settings);
  const rest = await management(client, keyManager.url, 'admin', settings.adminPassword);
  const api = await createApi(rest, {
    name,
    context: `/${name}`,
    backendUrl: backend.url,
    operations: [{ target: '/items', verb: 'GET' }],
  });
  await deploy(rest, api);
  await publish(rest, api);
  const applicationId = await createApplication(rest, `${name}-application`);
  const consumer = await generateKeys(rest, applicationId);
  await subscribe(rest, applicationId, api.id);
  return {
    client,
    rest,
    consumer,
    applicationId,
    apiId: api.id,
    path: `/${name}/1.0.0/items`,
    tokensAt: (role, path = '') =>
      tokenClient(client, { tokenUrl: `${role.url}${path}/token`, revokeUrl: `${role.url}${path}/revoke` }, consumer),
  };
}
