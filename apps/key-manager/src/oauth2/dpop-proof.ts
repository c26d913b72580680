import { checkProof, type Nonces, ownUrl, type Proof, type ProofWindow } from '@keygate/common/dpop';
import type { ClientRequest } from './client-request.js';
import { InvalidDpopProof, UseDpopNonce } from './errors.js';
import type { Clock, ReplayGuard } from './ports.js';

/** RFC 9449 at this server. */
export interface DpopProofs {
  /** The thumbprint of the key that the sender holds. Throws `InvalidDpopProof` or `UseDpopNonce`. */
  prove(request: ClientRequest, accessToken?: string): Promise<string>;
  /** The nonce to hand out with an answer; undefined when none is asked for. */
  nextNonce(): string | undefined;
}

export interface DpopDeps {
  readonly replays: ReplayGuard;
  readonly clock: Clock;
  /** Set: a proof without one of these is refused (§8). */
  readonly nonces: Nonces | undefined;
  readonly window: ProofWindow;
}

export function createDpopProofs({ replays, clock, nonces, window }: DpopDeps): DpopProofs {
  const nextNonce = () => nonces?.current(clock.now());

  return {
    nextNonce,
    async prove(request, accessToken) {
      const proof = check(request, accessToken);
      if (nonces && (proof.nonce === undefined || !nonces.isGood(proof.nonce, clock.now()))) {
        throw new UseDpopNonce(nonces.current(clock.now()));
      }
      // Last, so that only good proofs are remembered.
      if (await replays.firstUse('dpop', proof.id, proof.replayableUntil)) return proof.thumbprint;
      throw invalid('its jti was used before');
    },
  };

  function check({ dpop, method, url }: ClientRequest, accessToken: string | undefined): Proof {
    if (dpop === undefined) throw invalid('there is none');
    // An edge that doesn't know its own address would have to believe the Host header.
    if (url === undefined || method === undefined || !URL.canParse(url)) throw invalid('the edge takes no proofs');
    const { origin, pathname } = new URL(url);
    const expected = { method, own: [ownUrl(origin)], path: pathname, accessToken, now: clock.now(), window };
    const checked = checkProof(dpop, expected);
    if ('fault' in checked) throw invalid(checked.fault);
    return checked;
  }
}

function invalid(reason: string): InvalidDpopProof {
  return new InvalidDpopProof({ cause: new Error(reason) });
}
