import { timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { type BasicReadings, type Credentials, readBasic } from './basic-credentials.js';
import type { ClientRequest } from './client-request.js';
import { InvalidClient, InvalidRequest } from './errors.js';
import type { Client, ClientWithSecrets } from './model.js';
import { type Parameters, pick, vschars } from './parameters.js';
import type { ClientStore } from './ports.js';
import { sha256 } from './token-hash.js';

export interface ClientAuthenticationDeps {
  readonly clients: ClientStore;
  /** Shown in `WWW-Authenticate: Basic realm="…"`. */
  readonly realm: string;
}

/** Which client sends the request, or an `OAuthError`. */
export type ClientAuthentication = (request: ClientRequest, parameters: Parameters) => Promise<Client>;

const bodyCredentials = z.object({
  client_id: vschars(255).optional(),
  client_secret: vschars(512).optional(),
});
const clientIdText = /^[\x20-\x7e]{1,255}$/;

/**
 * RFC 6749 §2.3: Basic, or `client_id` and `client_secret` in the body, never both; a public client names itself only.
 * As in WSO2, a `client_id` in the body beside Basic is no second method as long as it names the same client.
 */
export function createClientAuthentication({ clients, realm }: ClientAuthenticationDeps): ClientAuthentication {
  return async ({ authorization }, parameters) => {
    const body = pick(bodyCredentials, parameters);
    const readings = readCredentials(authorization, body);
    if (!readings) throw new InvalidClient(realm);

    const { client, credentials } = await findClient(clients, readings);
    if (body.client_id !== undefined && body.client_id !== credentials.id) {
      throw new InvalidRequest('The request names two different clients.');
    }
    const isSecretRight = matches(readings, client);
    // A public client may leave the secret out (RFC 6749 §2.3.1); a secret that is sent has to be right all the same.
    const isPublicWithoutSecret = client?.confidential === false && credentials.secret === '';
    if (!client?.active || !(isSecretRight || isPublicWithoutSecret)) throw new InvalidClient(realm);
    return client;
  };
}

function readCredentials(
  authorization: string | undefined,
  body: z.output<typeof bodyCredentials>,
): BasicReadings | undefined {
  if (authorization === undefined) {
    return body.client_id === undefined ? undefined : [{ id: body.client_id, secret: body.client_secret ?? '' }];
  }
  if (body.client_secret !== undefined) {
    throw new InvalidRequest('Request body and headers contain authorization information');
  }
  return readBasic(authorization);
}

/** The client of the first reading that names one; without any, the first reading stands. */
async function findClient(
  clients: ClientStore,
  readings: BasicReadings,
): Promise<{ client: ClientWithSecrets | undefined; credentials: Credentials }> {
  const ids = [...new Set(readings.map(({ id }) => id))];
  // All of them, also when the first is a client: an unknown one must not take longer. Only text that can be an id
  // reaches the store: PostgreSQL fails on NUL.
  const found = await Promise.all(ids.map((id) => (clientIdText.test(id) ? clients.findClient(id) : undefined)));
  const client = found.find((candidate) => candidate !== undefined);
  const credentials = readings.find(({ id }) => id === client?.clientId) ?? readings[0];
  return { client, credentials };
}

const noSecret = Buffer.alloc(32);
/** Comparisons made for every request, so that the time doesn't tell an unknown client from a wrong secret. */
const minimumComparisons = 4;

function matches(readings: BasicReadings, client: ClientWithSecrets | undefined): boolean {
  let isMatch = false;
  for (const attempt of [readings[0], readings[1] ?? readings[0]]) {
    const presented = sha256(attempt.secret);
    const candidates = attempt.id === client?.clientId ? client.secretHashes : [];
    const compared = Math.max(minimumComparisons, candidates.length);
    for (let index = 0; index < compared; index++) {
      const expected = candidates[index];
      // No early exit: every live secret is compared for every request.
      if (timingSafeEqual(presented, expected ?? noSecret) && expected !== undefined) isMatch = true;
    }
  }
  return isMatch && readings.some(({ secret }) => secret !== '');
}
