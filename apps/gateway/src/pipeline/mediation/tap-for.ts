import type { CompiledMediation, OperationContract } from '../../apis/compiled-mediation.js';
import type { Answers } from '../answers.js';
import type { Exchange } from '../exchange.js';
import { GatewayError } from '../gateway-errors.js';
import { findHeader } from '../header-lines.js';
import { tapAnswer, type WholeAnswer } from './answer-tap.js';
import type { BodyLimits } from './read-body.js';
import { keptHeaders } from './repeated-answer.js';
import { type ResponseCache, variedValue } from './response-cache.js';
import { storability } from './storable-answer.js';

interface Needed {
  readonly limits: BodyLimits;
  readonly responses?: ResponseCache | undefined;
}

/** Has the backend's answer kept, looked at, or both; most answers need neither and stream. */
export function tapFor(
  exchange: Exchange,
  { contract, cacheSeconds }: CompiledMediation,
  { limits, responses }: Needed,
  answers: Answers,
): void {
  const checked = contract?.readsAnswers ? contract : undefined;
  const { keepsAs } = exchange;
  if (checked === undefined && (keepsAs === undefined || responses === undefined)) return;
  tapAnswer(exchange.response, {
    budget: limits.budget,
    maxBytes: checked === undefined ? (responses?.settings.maxEntryBytes ?? 0) : limits.maxBodyBytes,
    tooLarge: () => unfit('the body is larger than this gateway reads'),
    check: checked && ((answer) => unfitness(checked, answer)),
    checks: checked && ((status, headers) => checked.readsAnswer(status, headers)),
    keep: responses && keepsAs && ((answer) => keep(exchange, responses, cacheSeconds, answer)),
    fail: (error) => answers.fail(exchange, error),
    isFault: () => exchange.fault !== undefined,
  });
}

function unfitness(contract: OperationContract, answer: WholeAnswer): GatewayError | undefined {
  try {
    const problem = contract.checkAnswer(answer);
    return problem === undefined ? undefined : unfit(problem);
  } catch (cause) {
    return new GatewayError('mediationBroken', { cause });
  }
}

function unfit(problem: string): GatewayError {
  return new GatewayError('answerUnfit', { description: `Schema validation failed in the Response: ${problem}` });
}

/** Keeps what the backend sent, and not what this client got: CORS headers and policies are applied each time. */
function keep(exchange: Exchange, responses: ResponseCache, maxSeconds: number, { status, body }: WholeAnswer): void {
  const { keepsAs, backendHeaders: headers, rawHeaders } = exchange;
  if (keepsAs === undefined || headers === undefined || !isWhole(headers, body)) return;
  const now = responses.settings.now();
  const found = storability(status, headers, { hasCredentials: hasCredentials(exchange), maxSeconds, now });
  if (found === undefined) return;
  responses.keep(keepsAs.key, {
    status,
    headers: keptHeaders(headers),
    body,
    bornAt: now - found.ageMillis,
    expiresAt: now + found.lifetimeMillis,
    variedBy: found.vary.map((name) => [name, variedValue(rawHeaders, name)] as const),
    principal: found.isPublic ? undefined : keepsAs.principal,
    site: keepsAs.site,
  });
}

/** Beside the token, which the key of the cache holds: a backend may know its clients by their cookies. */
function hasCredentials({ rawHeaders }: Exchange): boolean {
  return findHeader(rawHeaders, 'cookie') !== undefined;
}

function isWhole(headers: readonly string[], body: Buffer): boolean {
  const length = findHeader(headers, 'content-length');
  return length === undefined || Number(length) === body.length;
}
