import { randomUUID } from 'node:crypto';
import { sha256 } from '../oauth2/token-hash.js';
import type { ClientSecret } from './application.js';
import type { ClientRegistry } from './application-store.js';
import type { ClientCredentialSource } from './credentials.js';

/** A new derived secret, to be stored by its hash. */
export function newSecret(credentials: ClientCredentialSource, now: number): { secret: ClientSecret; value: string } {
  const id = randomUUID();
  const value = credentials.clientSecret(id);
  return { secret: { id, hash: sha256(value), derived: true, createdAt: now }, value };
}

/** The newest secret that can be shown again; undefined when somebody chose the secret. */
export async function shownSecret(
  clients: Pick<ClientRegistry, 'listSecrets'>,
  credentials: ClientCredentialSource,
  clientId: string,
): Promise<string | undefined> {
  const derived = (await clients.listSecrets(clientId)).filter((secret) => secret.derived);
  const newest = derived.sort((a, b) => b.createdAt - a.createdAt)[0];
  return newest && credentials.clientSecret(newest.id);
}
