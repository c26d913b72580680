import { timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { type BasicReadings, type Credentials, readBasic } from './basic-credentials.js';
import { type ClientAssertionVerifier, readClientAssertion } from './client-assertion.js';
import type { ClientCertificateVerifier } from './client-certificate.js';
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
  /** Absent: no client proves itself by `private_key_jwt`. */
  readonly verifyAssertion?: ClientAssertionVerifier | undefined;
  /** Absent: no client proves itself by a certificate. */
  readonly verifyCertificate?: ClientCertificateVerifier | undefined;
}

/** Which client sends the request, or an `OAuthError`. */
export type ClientAuthentication = (request: ClientRequest, parameters: Parameters) => Promise<Client>;

const bodyCredentials = z.object({
  client_id: vschars(255).optional(),
  client_secret: vschars(512).optional(),
  client_assertion_type: z.string().optional(),
  client_assertion: z.string().optional(),
});
type BodyCredentials = z.output<typeof bodyCredentials>;
const bodyNames = Object.keys(bodyCredentials.shape);
const noBodyCredentials: BodyCredentials = {};
const clientIdText = /^[\x20-\x7e]{1,255}$/;

/**
 * RFC 6749 §2.3: exactly one of Basic, `client_id` and `client_secret` in the body, an assertion (RFC 7523 §2.2) and a
 * certificate (RFC 8705 §2); a public client names itself only. A client that registered a method is let in by no other:
 * a secret that leaked must not open what a key is to protect.
 */
export function createClientAuthentication(deps: ClientAuthenticationDeps): ClientAuthentication {
  return async (request, parameters) => {
    // With Basic there are none, and a schema costs more than to see that.
    const body = bodyNames.some((name) => parameters.has(name)) ? pick(bodyCredentials, parameters) : noBodyCredentials;
    const isByAssertion = body.client_assertion !== undefined || body.client_assertion_type !== undefined;
    return isByAssertion ? byAssertion(deps, request, body) : bySecret(deps, request, body);
  };
}

/** RFC 7521 §4.2: `client_id` may be left out, and must name the same client when it is there. */
async function byAssertion(
  { clients, realm, verifyAssertion }: ClientAuthenticationDeps,
  { authorization }: ClientRequest,
  body: BodyCredentials,
): Promise<Client> {
  if (authorization !== undefined || body.client_secret !== undefined) throw new InvalidRequest(twoWays);
  const sent = readClientAssertion(body.client_assertion_type, body.client_assertion);
  if (!sent) throw unproved(realm, 'the assertion cannot be read');
  if (body.client_id !== undefined && body.client_id !== sent.clientId) throw new InvalidRequest(twoClients);
  const client = clientIdText.test(sent.clientId) ? await clients.findClient(sent.clientId) : undefined;
  if (!client?.active || client.metadata.tokenEndpointAuthMethod !== 'private_key_jwt' || !verifyAssertion) {
    throw unproved(realm, 'no client with private_key_jwt');
  }
  const fault = await verifyAssertion(sent, client);
  if (fault !== undefined) throw unproved(realm, fault);
  return client;
}

/** As in WSO2, a `client_id` in the body beside Basic is no second method as long as it names the same client. */
async function bySecret(
  deps: ClientAuthenticationDeps,
  request: ClientRequest,
  body: BodyCredentials,
): Promise<Client> {
  const readings = readCredentials(request.authorization, body);
  if (!readings) throw new InvalidClient(deps.realm);

  const remembered = rememberedClient(deps.clients, readings);
  const { client, credentials } = remembered ?? (await findClient(deps.clients, readings));
  if (body.client_id !== undefined && body.client_id !== credentials.id) throw new InvalidRequest(twoClients);
  const isSecretRight = remembered !== undefined || matches(readings, client);
  if (!client?.active) throw unproved(deps.realm, wrongSecret);
  const fault = await faultOf(client, { request, isSecretRight, isWithoutSecret: credentials.secret === '' }, deps);
  if (fault !== undefined) throw unproved(deps.realm, fault);
  return client;
}

interface Shown {
  readonly request: ClientRequest;
  readonly isSecretRight: boolean;
  readonly isWithoutSecret: boolean;
}

/** Why what was shown is not the proof that the client registered. */
async function faultOf(
  client: Client,
  { request, isSecretRight, isWithoutSecret }: Shown,
  { verifyCertificate }: ClientAuthenticationDeps,
): Promise<string | undefined> {
  const method = client.metadata.tokenEndpointAuthMethod;
  const isBasic = request.authorization !== undefined;
  switch (method) {
    case undefined:
      // A public client may leave the secret out (RFC 6749 §2.3.1); a secret that is sent has to be right all the same.
      return isSecretRight || (!client.confidential && isWithoutSecret) ? undefined : wrongSecret;
    case 'client_secret_basic':
    case 'client_secret_post':
      if (isBasic !== (method === 'client_secret_basic')) return `not by ${method}`;
      return isSecretRight ? undefined : wrongSecret;
    case 'none':
      return !client.confidential && isWithoutSecret ? undefined : 'not by none';
    case 'tls_client_auth':
    case 'self_signed_tls_client_auth':
      if (isBasic || !isWithoutSecret) return `not by ${method}`;
      return verifyCertificate ? verifyCertificate(request.clientCertificate, client) : 'no certificates are taken';
    case 'private_key_jwt':
      return 'not by private_key_jwt';
  }
}

const wrongSecret = 'no such client, or a wrong secret';
const twoWays = 'The client authenticates in more than one way.';
const twoClients = 'The request names two different clients.';

/** The reason is for the log: the answer is the same for all. */
function unproved(realm: string, reason: string): InvalidClient {
  return new InvalidClient(realm, { cause: new Error(reason) });
}

function readCredentials(authorization: string | undefined, body: BodyCredentials): BasicReadings | undefined {
  if (authorization === undefined) {
    return body.client_id === undefined ? undefined : [{ id: body.client_id, secret: body.client_secret ?? '' }];
  }
  if (body.client_secret !== undefined) {
    throw new InvalidRequest('Request body and headers contain authorization information');
  }
  return readBasic(authorization);
}

/**
 * A remembered client whose secret is right. Anybody else is looked for in the store: a secret made a moment ago works,
 * and a refusal takes the time of a look-up whether the client is known, remembered or neither.
 */
function rememberedClient(
  clients: ClientStore,
  readings: BasicReadings,
): { client: ClientWithSecrets; credentials: Credentials } | undefined {
  const [credentials] = readings;
  if (!clients.rememberedClient || readings.some(({ id }) => id !== credentials.id)) return undefined;
  const client = clients.rememberedClient(credentials.id);
  if (!client?.active) return undefined;
  const isRight = readings.some(({ secret }) => {
    const presented = sha256(secret);
    return secret !== '' && client.secretHashes.some((expected) => timingSafeEqual(presented, expected));
  });
  return isRight ? { client, credentials } : undefined;
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
