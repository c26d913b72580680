import { z } from 'zod';
import { type ClientAuthenticationDeps, createClientAuthentication } from '../client-authentication.js';
import type { ClientRequest } from '../client-request.js';
import type { DpopProofs } from '../dpop-proof.js';
import { InvalidDpopProof, InvalidRequest, OAuthError } from '../errors.js';
import { countKept, type KeptRequestLimit } from '../kept-requests.js';
import { isExpired } from '../lifetimes.js';
import type { Client } from '../model.js';
import { type Parameter, readParameters } from '../parameters.js';
import type { Clock, CodeStore, TokenValues } from '../ports.js';
import type { OAuth2Settings } from '../settings.js';
import { sha256 } from '../token-hash.js';
import { RefusedRequest, UnanswerableRequest } from './authorization-error.js';
import { type AuthorizationRequestDeps, readAuthorizationRequest } from './authorization-request.js';
import type { PushedRequests } from './pushed-request.js';

/** RFC 9126 §2.2. */
export interface PushedAuthorization {
  readonly requestUri: string;
  readonly expiresInSeconds: number;
}

export interface PushedAuthorizationDeps extends ClientAuthenticationDeps, AuthorizationRequestDeps {
  readonly codes: CodeStore;
  readonly clock: Clock;
  readonly values: TokenValues;
  readonly keptRequests: KeptRequestLimit;
  /** Absent: DPoP proofs are refused. */
  readonly dpop?: DpopProofs | undefined;
  readonly settings: AuthorizationRequestDeps['settings'] & Pick<OAuth2Settings, 'pushedAuthorization'>;
}

const requestUriPrefix = 'urn:ietf:params:oauth:request_uri:';
/** What proves the client is not part of the request, and is never kept. */
const clientProofs = new Set(['client_id', 'client_secret', 'client_assertion', 'client_assertion_type']);
const maxKeptLength = 16_384;

/**
 * RFC 9126 §2: the client hands in its authorization request itself, proves who it is, and gets a reference. The request
 * is judged as the authorization endpoint would, so that the client hears of mistakes before a user does.
 */
export function createPushedAuthorization(
  deps: PushedAuthorizationDeps,
): (request: ClientRequest) => Promise<PushedAuthorization> {
  const { codes, clock, values, settings, keptRequests } = deps;
  const authenticateClient = createClientAuthentication(deps);

  return async (request) => {
    const client = await authenticateClient(request, readParameters(request.parameters));
    const sent = request.parameters.filter(({ name }) => !clientProofs.has(name));
    if (sent.some(({ name }) => name === 'request_uri')) throw new InvalidRequest('A request_uri cannot be pushed.');
    if (JSON.stringify(sent).length > maxKeptLength) throw new InvalidRequest('The request is too large.');
    await judge(client, sent);
    countKept(keptRequests, client, request.clientAddress);
    const kept = [...sent, ...(await provedKey(deps.dpop, request, sent))];
    const reference = values.random();
    const expiresInSeconds = settings.pushedAuthorization.seconds;
    await codes.saveCode({
      kind: 'pushed_request',
      hash: sha256(reference),
      clientId: client.clientId,
      tenantDomain: client.tenantDomain,
      body: { parameters: kept },
      expiresAt: clock.now() + expiresInSeconds * 1_000,
    });
    return { requestUri: requestUriPrefix + reference, expiresInSeconds };
  };

  async function judge(client: Client, sent: readonly Parameter[]): Promise<void> {
    try {
      await readAuthorizationRequest(deps, [{ name: 'client_id', value: client.clientId }, ...sent], true);
    } catch (thrown) {
      // RFC 9126 §2.3: the codes of the authorization endpoint, as an answer to the client.
      if (thrown instanceof RefusedRequest) throw new RefusedPush(thrown);
      if (thrown instanceof UnanswerableRequest) throw new InvalidRequest(thrown.message);
      throw thrown;
    }
  }
}

/**
 * RFC 9449 §10.1: a proof at this endpoint says the same as `dpop_jkt`. Left aside, the code would be for anybody, while
 * the client believes that it is for the holder of its key.
 */
async function provedKey(
  dpop: DpopProofs | undefined,
  request: ClientRequest,
  sent: readonly Parameter[],
): Promise<readonly Parameter[]> {
  if (request.dpop === undefined) return [];
  if (!dpop) throw new InvalidDpopProof();
  const thumbprint = await dpop.prove(request);
  const named = sent.filter(({ name, value }) => name === 'dpop_jkt' && value !== '');
  if (named.some(({ value }) => value !== thumbprint)) {
    throw new InvalidRequest('dpop_jkt is not the key of the DPoP proof.');
  }
  return named.length > 0 ? [] : [{ name: 'dpop_jkt', value: thumbprint }];
}

/** RFC 9126 §2.3. */
export class RefusedPush extends OAuthError {
  constructor({ error, description }: RefusedRequest) {
    const known = error === 'login_required' || error === 'consent_required' || error === 'invalid_request_uri';
    super(known ? 'invalid_request' : error, description, 400);
  }
}

const body = z.object({ parameters: z.array(z.object({ name: z.string(), value: z.string() })) });

/** What was pushed under a reference, once (RFC 9126 §4, §7.3: a reference that was seen must be of no use to others). */
export function createPushedRequests({
  codes,
  clock,
}: Pick<PushedAuthorizationDeps, 'codes' | 'clock'>): PushedRequests {
  return async (requestUri, client) => {
    const reference = requestUri.startsWith(requestUriPrefix) ? requestUri.slice(requestUriPrefix.length) : '';
    if (!/^[0-9a-f]{32}$/.test(reference)) return undefined;
    const record = await codes.findCode('pushed_request', sha256(reference));
    // Nothing is used up for another client, who could otherwise end requests that it has seen pass.
    if (!record || record.clientId !== client.clientId || isExpired(record.expiresAt, clock.now())) return undefined;
    return (await codes.takeCode('pushed_request', record.hash)) ? body.parse(record.body).parameters : undefined;
  };
}
