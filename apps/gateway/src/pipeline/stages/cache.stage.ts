import type { CompiledApi, CompiledResource } from '../../apis/compiled-catalog.js';
import type { Exchange } from '../exchange.js';
import { findHeader } from '../header-lines.js';
import { cacheControl, seconds } from '../mediation/cache-control.js';
import { hasBody } from '../mediation/read-body.js';
import { answerAgain } from '../mediation/repeated-answer.js';
import type { KeptAnswer, ResponseCache } from '../mediation/response-cache.js';
import type { Ports } from '../ports.js';
import type { Stage } from '../stage.js';

/** Answers a GET or HEAD that was answered before (RFC 9111, WSO2: responseCachingEnabled), as a shared cache may. */
export function cache({ responses, assertions }: Pick<Ports, 'responses' | 'assertions'>): Stage {
  return {
    name: 'cache',
    run(exchange) {
      const { mediation } = exchange.resource;
      if (mediation === undefined || mediation.cacheSeconds === 0 || responses === undefined) return;
      // A token for one call must reach the backend once, and never be answered for.
      if (mediation.oneTimeScopes.length > 0) return;
      const { method } = exchange;
      if (method === 'GET' || (method === 'HEAD' && exchange.resource.verb === 'GET')) {
        return look(exchange, responses, assertions !== undefined);
      }
      if (method !== 'HEAD' && method !== 'OPTIONS' && method !== 'TRACE') forgetAfterwards(exchange, responses);
    },
  };
}

/** These ask for something else than the whole representation as it is now. */
const particular = ['range', 'if-range', 'if-match', 'if-unmodified-since', 'if-modified-since'];

function look(exchange: Exchange, responses: ResponseCache, showsClaims: boolean): void {
  const { rawHeaders } = exchange;
  // A body may decide what is answered, and no key holds it.
  if (hasBody(exchange)) return;
  const principal = principalOf(exchange, showsClaims);
  if (principal === undefined || particular.some((name) => findHeader(rawHeaders, name) !== undefined)) return;
  const asked = cacheControl(rawHeaders);
  if (asked.has('no-store')) return;
  exchange.cacheStatus = 'miss';
  const key = keyOf(exchange);
  const asker = { principal, site: siteOf(exchange) };
  const refreshes = asked.has('no-cache') || (asked.size === 0 && findHeader(rawHeaders, 'pragma') === 'no-cache');
  const kept = refreshes ? undefined : responses.find(key, rawHeaders, asker);
  const now = responses.settings.now();
  if (kept !== undefined && isYoungEnough(kept, asked, now)) {
    exchange.cacheStatus = 'hit';
    exchange.answer(answerAgain(kept, rawHeaders, now));
    return;
  }
  if (exchange.method === 'GET') exchange.keepsAs = { key, ...asker };
}

function isYoungEnough(kept: KeptAnswer, asked: ReadonlyMap<string, string>, now: number): boolean {
  const maxAge = seconds(asked, 'max-age') ?? Number.POSITIVE_INFINITY;
  const minFresh = seconds(asked, 'min-fresh') ?? 0;
  return now - kept.bornAt <= maxAge * 1_000 && kept.expiresAt - now >= minFresh * 1_000;
}

/** RFC 9111 section 4.4: what was changed is not answered from memory any more. */
function forgetAfterwards(exchange: Exchange, responses: ResponseCache): void {
  exchange.response.once('close', () => {
    // Also when the answer was lost: the change may have been made.
    for (const keyType of ['PRODUCTION', 'SANDBOX', ''] as const) responses.drop(keyOf(exchange, keyType));
  });
}

/** An API that is deployed again is another object, so that nothing of the one before is found. */
const numbers = new WeakMap<CompiledApi, number>();
let last = 0;

function numberOf(api: CompiledApi): number {
  const known = numbers.get(api);
  if (known !== undefined) return known;
  last += 1;
  numbers.set(api, last);
  return last;
}

function keyOf({ api, route, keyType }: Exchange, wanted: string = keyType ?? ''): string {
  // Resources differ in what is done to their requests; one path always means the same one for GET.
  return `${numberOf(api)} ${api.tenantDomain} ${wanted} ${route.suffix}${route.query === undefined ? '' : `?${route.query}`}`;
}

/** Other sites may lead here, but an answer with one's name in its links is not for the clients of another. */
function siteOf({ scheme, rawHeaders }: Exchange): string {
  return `${scheme}://${findHeader(rawHeaders, ':authority') ?? findHeader(rawHeaders, 'host') ?? ''}`;
}

/** Who asks, as far as a backend can tell; undefined when that cannot be said. */
function principalOf(
  { token, application, resource, clientCertificate }: Exchange,
  showsClaims: boolean,
): string | undefined {
  if (token !== undefined) {
    const { clientId, applicationId, user, kind, scopes, foreign } = token;
    const issuer = foreign?.keyManager ?? '';
    const certificate = clientCertificate?.alias ?? '';
    const claims = showsClaims ? [token.userClaims, foreign?.claims] : [];
    const who = [kind, issuer, clientId, application?.id ?? applicationId, user, certificate];
    return JSON.stringify([who, scopes, claims]);
  }
  return isOpen(resource) ? '' : undefined;
}

const isOpen = ({ authType }: CompiledResource) => authType === 'None';
