import { checkProof, type Nonces, type OwnUrl, type ProofWindow } from '@keygate/common/dpop';
import { challenge, dpopChallenge } from './challenge.js';
import type { Exchange } from './exchange.js';
import { GatewayError } from './gateway-errors.js';
import { headerValues } from './header-lines.js';

/** What DPoP proofs are checked with (RFC 9449 section 7). */
export interface DpopChecks {
  /** The URLs under which clients reach this gateway. */
  own(): readonly OwnUrl[];
  readonly window: ProofWindow;
  /** Set: a proof needs a nonce of this gateway (section 9). */
  readonly nonces?: Nonces | undefined;
  /**
   * True the first time a proof is seen; it is remembered until `expiresAt`, milliseconds since the epoch. Undefined when
   * that cannot be said.
   */
  firstUse(id: string, expiresAt: number): boolean | undefined | Promise<boolean | undefined>;
  now(): number;
}

/** Throws a GatewayError unless the request proves that its sender holds the key the token is bound to. */
export function requireProof(
  exchange: Exchange,
  bound: { readonly accessToken: string; readonly thumbprint: string },
  checks: DpopChecks,
): void | Promise<void> {
  const now = checks.now();
  const proof = checkProof(headerValues(exchange.rawHeaders, 'dpop').join(', '), {
    method: exchange.method,
    own: checks.own(),
    path: exchange.path,
    accessToken: bound.accessToken,
    now,
    window: checks.window,
  });
  if ('fault' in proof) throw invalidProof(`The DPoP proof is not valid: ${proof.fault}`);
  if (proof.thumbprint !== bound.thumbprint) throw invalidToken('The access token is bound to another key');
  const { nonces } = checks;
  if (nonces !== undefined && !(proof.nonce !== undefined && nonces.isGood(proof.nonce, now))) {
    throw new GatewayError('invalidCredentials', {
      headers: [...dpopChallenge('use_dpop_nonce'), 'DPoP-Nonce', nonces.current(now)],
    });
  }
  const isFirst = checks.firstUse(proof.id, proof.replayableUntil);
  return isFirst instanceof Promise ? isFirst.then(requireFirst) : requireFirst(isFirst);
}

/** A token that is bound to a key, in the hands of whoever may have stolen it (section 7.1). */
export function refuseBearer(): never {
  throw invalidToken('The access token is bound to a key: it needs a DPoP proof');
}

function requireFirst(isFirst: boolean | undefined): void {
  if (isFirst === undefined) throw new GatewayError('undecidable', { headers: ['Retry-After', '1'] });
  if (!isFirst) throw invalidProof('The DPoP proof was used before');
}

function invalidProof(description: string): GatewayError {
  return new GatewayError('invalidCredentials', { headers: dpopChallenge('invalid_dpop_proof', description) });
}

function invalidToken(description: string): GatewayError {
  return new GatewayError('invalidCredentials', { headers: dpopChallenge('invalid_token', description) });
}

/** A token without a key, sent as if it had one: the client believes it is safe when it is not. */
export function refuseUnbound(): never {
  throw new GatewayError('invalidCredentials', {
    headers: challenge('invalid_token', 'The access token is not bound to a key'),
  });
}
