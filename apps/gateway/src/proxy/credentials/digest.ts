import { randomBytes } from 'node:crypto';
import { GatewayError } from '../../pipeline/gateway-errors.js';
import type { BackendAddress } from '../backend-address.js';
import type { BackendCredentials, SignedRequest } from './backend-credentials.js';
import { type DigestChallenge, digestChallenge } from './digest-challenge.js';
import { digestResponse } from './digest-response.js';

/** Asks an address for the headers of its answer to a HEAD without credentials. */
export type AskForChallenge = (address: BackendAddress, path: string) => Promise<readonly string[]>;

interface Session {
  readonly challenge: DigestChallenge;
  count: number;
}

/**
 * RFC 7616. A nonce is used for every call until the backend says that it is stale. A request whose body can be sent
 * only once does not go out to be refused: without a nonce the backend is first asked for one, by a HEAD.
 */
export function digestCredentials(username: string, password: string, ask: AskForChallenge): BackendCredentials {
  const sessions = new WeakMap<BackendAddress, Session>();
  /** One question for all calls that wait for a nonce. */
  const asked = new WeakMap<BackendAddress, Promise<Session | undefined>>();
  const answer = (session: Session, { method, path }: SignedRequest) => {
    session.count++;
    const clientNonce = randomBytes(12).toString('base64url');
    return digestResponse(session.challenge, { username, password, method, path, count: session.count, clientNonce });
  };
  const keep = (address: BackendAddress, challenge: DigestChallenge): Session => {
    const session = { challenge, count: 0 };
    sessions.set(address, session);
    return session;
  };
  const askOnce = ({ address, path }: SignedRequest) => {
    const asking =
      asked.get(address) ??
      ask(address, path)
        .then(digestChallenge)
        .then((challenge) => challenge && keep(address, challenge))
        .finally(() => asked.delete(address));
    asked.set(address, asking);
    return asking;
  };
  return {
    authorize(request) {
      const session = sessions.get(request.address);
      if (session !== undefined) return answer(session, request);
      if (request.isReplayable) return undefined;
      // It may be one that lets a HEAD pass: then it also says what it wants of the request itself.
      return askOnce(request).then((asked) => asked && answer(asked, request));
    },
    refused({ address, headers, authorization, isReplayable }) {
      const challenge = digestChallenge(headers);
      if (challenge === undefined) return 'pass';
      // Refused with a fresh nonce: the password is wrong, and asking again would only lock the account.
      if (authorization !== undefined && !challenge.isStale && isOf(authorization, challenge)) return 'pass';
      const known = sessions.get(address);
      const isNews = authorization === undefined || challenge.isStale || known?.challenge.nonce !== challenge.nonce;
      if (!isNews) return 'pass';
      keep(address, challenge);
      if (isReplayable) return 'again';
      // Nothing was done with the request: it may be sent again by whoever has its body.
      return new GatewayError('backendCredentialsUnavailable', { headers: ['Retry-After', '1'] });
    },
  };
}

const isOf = (authorization: string, { nonce }: DigestChallenge) => authorization.includes(`nonce="${nonce}"`);
