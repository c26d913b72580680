import type { ExchangedToken } from './exchanged-token.js';
import type { Refuse } from './jwt-verification.js';

interface Act {
  readonly sub: string;
  readonly iss: string;
  readonly act?: unknown;
}

const maxDepth = 5;

/**
 * RFC 8693 §4.1: who acts for the subject, with whoever acted before inside. Without an actor the history stays as it is.
 * A subject token that names who may act (§4.4) is exchanged by nobody else.
 */
export function actClaim({ act, mayAct }: ExchangedToken, actor: ExchangedToken | undefined, refuse: Refuse): unknown {
  if (mayAct !== undefined && !(actor && isNamed(mayAct, actor)))
    throw refuse('The subject token names another actor.');
  const before = isObject(act) ? act : undefined;
  if (depthOf(before) >= maxDepth) throw refuse('The token was passed on too often.');
  if (!actor) return before;
  return { sub: actor.sub, iss: actor.iss, ...(before && { act: before }) } satisfies Act;
}

function isNamed(mayAct: unknown, { sub, iss }: ExchangedToken): boolean {
  return isObject(mayAct) && mayAct.sub === sub && (mayAct.iss === undefined || mayAct.iss === iss);
}

function depthOf(act: unknown): number {
  let depth = 0;
  for (let inner = act; isObject(inner) && depth <= maxDepth; inner = inner.act) depth++;
  return depth;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
