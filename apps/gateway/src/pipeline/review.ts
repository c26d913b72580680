import type { Answers } from './answers.js';
import { Exchange } from './exchange.js';
import { pipeline, runStages } from './pipeline.js';
import type { Ports } from './ports.js';
import type { Stage } from './stage.js';

/** What decides about a call; the others count it, read it or send it on, which is done once. */
const deciding = new Set(['route', 'authenticate', 'authorize', 'subscription', 'deny']);

/** For stages that are made and not kept. */
const noAnswers: Answers = { answering: () => undefined, fail: () => undefined, own: () => undefined };

/**
 * Whether a call that was let in would be let in now: for connections that outlive their request. The same stages decide on
 * the same request with today's catalogue and tokens; throws (or rejects with) the GatewayError it would end with.
 */
export function createReview(ports: Ports): (exchange: Exchange) => void | Promise<void> {
  const stages = pipeline(withProofsOfOld(ports), noAnswers).filter(isDeciding);
  return ({ request, response, scheme, upgrade, clientAddress }) => {
    const again = new Exchange(request, response, scheme, false, upgrade);
    again.clientAddress = clientAddress;
    return runStages(stages, again);
  };
}

const isDeciding = ({ name }: Stage) => deciding.has(name);

/** The DPoP proof of the handshake was fresh and unused then. */
function withProofsOfOld(ports: Ports): Ports {
  const { dpop } = ports;
  if (dpop === undefined) return ports;
  const window = { maxAgeSeconds: Number.MAX_SAFE_INTEGER, clockSkewSeconds: dpop.window.clockSkewSeconds };
  return { ...ports, dpop: { ...dpop, window, nonces: undefined, firstUse: () => true } };
}
