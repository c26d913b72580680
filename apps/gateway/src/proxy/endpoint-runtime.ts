import type { CompiledEndpoint } from '../apis/compiled-catalog.js';
import type { Answers } from '../pipeline/answers.js';
import type { Exchange } from '../pipeline/exchange.js';
import { GatewayError } from '../pipeline/gateway-errors.js';
import { AddressChoice } from './address-choice.js';
import { BackendAddress } from './backend-address.js';
import type { BackendCounters } from './backend-counters.js';
import { type BackendPool, type BackendPools, busy, poolGroup } from './backend-pool.js';
import { Bulkhead } from './bulkhead.js';
import type { CallAttempts } from './call-attempts.js';
import { CircuitBreaker } from './circuit-breaker.js';
import type { BackendCredentials } from './credentials/backend-credentials.js';
import { type EndpointLimits, endpointLimits } from './endpoint-limits.js';
import { isFailure, mayGoElsewhere } from './judgement.js';
import type { ProxySettings } from './proxy-settings.js';
import { RetryBudget } from './retry-budget.js';
import { stickyCookie, stuckTo } from './sticky-cookie.js';
import { type CallOwner, UpstreamCall } from './upstream-call.js';
import { isConnectionLost, upstreamFailure } from './upstream-failure.js';
import { upstreamPath } from './upstream-path.js';
import { isRepeatable, streamedBody, upstreamRequest } from './upstream-request.js';

export type PoolOf = (address: BackendAddress) => BackendPool;

/** What all endpoints have in common. */
export interface EndpointSurroundings {
  readonly settings: ProxySettings;
  readonly pools: BackendPools;
  readonly counters: BackendCounters;
  readonly credentialsOf: (endpoint: CompiledEndpoint, poolOf: PoolOf) => BackendCredentials | undefined;
}

/** An endpoint at work: where its calls go, how many may be under way, and what happens to those that fail. */
export class EndpointRuntime implements CallOwner {
  readonly addresses: readonly BackendAddress[];
  readonly stallTimeoutMillis: number;
  readonly #choice: AddressChoice;
  readonly #budget = new RetryBudget();
  readonly #credentials: BackendCredentials | undefined;
  readonly #places: Bulkhead<UpstreamCall> | undefined;
  readonly #poolGroup: string;
  readonly #limits: EndpointLimits;
  #awaitingCredentials = 0;

  constructor(
    readonly endpoint: CompiledEndpoint,
    private readonly around: EndpointSurroundings,
  ) {
    const { balancing, upstreams } = endpoint;
    const limits = endpointLimits(endpoint, around.settings);
    this.addresses = upstreams.map(
      (upstream, index) =>
        new BackendAddress(
          upstream,
          balancing?.weights[index] ?? 1,
          new CircuitBreaker(limits.breaker, around.counters.breakerChanged),
          balancing?.sticky?.values[index],
        ),
    );
    this.#choice = new AddressChoice(this.addresses, balancing?.method ?? 'roundRobin');
    this.#poolGroup = poolGroup(endpoint);
    this.#limits = limits;
    this.stallTimeoutMillis = limits.stallTimeoutMillis;
    this.#credentials = around.credentialsOf(endpoint, this.poolOf);
    this.#places =
      limits.places &&
      new Bulkhead(
        limits.places,
        (call) => this.#attempt(call, undefined),
        (call) => call.fail(busy()),
      );
  }

  readonly poolOf: PoolOf = ({ upstream }) => this.around.pools.find(upstream, this.#poolGroup, this.endpoint);

  call(exchange: Exchange, answers: Answers): void {
    const call = new UpstreamCall(exchange, answers, this, streamedBody(exchange));
    const { attempts } = call;
    const { totalTimeoutMillis } = this.#limits;
    if (totalTimeoutMillis > 0)
      attempts.deadline = setTimeout((late: UpstreamCall) => this.#tooLate(late), totalTimeoutMillis, call);
    this.#budget.earn();
    if (this.#places === undefined) {
      this.#attempt(call, undefined);
      return;
    }
    attempts.hasPlace = true;
    if (this.#places.enter(call)) return;
    attempts.hasPlace = false;
    call.fail(busy());
  }

  /** Whose turn it is. Throws when no address is well. */
  nextAddress(): BackendAddress {
    if (this.addresses.length === 0) throw new GatewayError('noUsableEndpoint');
    const now = performance.now();
    const address = this.#choice.choose(now, noAddresses);
    if (address !== undefined) return address;
    const soonest = Math.min(...this.addresses.map(({ breaker }) => breaker.openUntil)) - now;
    throw new GatewayError('backendSuspended', {
      headers: ['Retry-After', String(Math.max(1, Math.ceil(soonest / 1_000)))],
    });
  }

  answered(call: UpstreamCall, status: number, headers: string[]): boolean {
    const { attempts, exchange } = call;
    const { address } = attempts;
    if (address === undefined) return false;
    attempts.isJudged = true;
    address.breaker.succeeded();
    if (status === 401 && this.#credentials !== undefined && !attempts.isReplayed) {
      const verdict = this.#credentials.refused({
        ...{ address, headers, authorization: attempts.authorization },
        isReplayable: call.body === undefined,
        isSafe: isRepeatable(call),
      });
      attempts.isReplayed = verdict === 'again';
      if (verdict === 'again') return true;
      if (verdict !== 'pass') {
        call.fail(verdict);
        return false;
      }
    }
    const sticky = this.endpoint.balancing?.sticky;
    if (sticky !== undefined && stuckTo(exchange, this.addresses) !== address) {
      headers.push('set-cookie', stickyCookie(sticky, address, exchange.scheme === 'https'));
    }
    return false;
  }

  again(call: UpstreamCall): void {
    this.#attempt(call, call.attempts.address);
  }

  failed(call: UpstreamCall, error: Error): boolean {
    const { attempts } = call;
    const { address } = attempts;
    // An answer that began cannot be taken back.
    if (address === undefined || attempts.isJudged) return false;
    const { fault } = upstreamFailure(error, call.wasSent);
    attempts.isJudged = true;
    if (isFailure(fault, this.endpoint.protection?.openOn)) address.breaker.failed(performance.now());
    else address.breaker.undecided();
    if (attempts.retries >= this.#limits.retries || !isRepeatable(call) || !mayGoElsewhere(fault)) return false;
    const next = this.#nextFor(attempts, address, isConnectionLost(error));
    if (next === undefined || !this.#budget.spend()) return false;
    attempts.retries++;
    this.around.counters.retries++;
    call.reset();
    this.#attempt(call, next);
    return true;
  }

  released(call: UpstreamCall): void {
    const { attempts } = call;
    const { pool, address } = attempts;
    if (pool === undefined) return;
    attempts.pool = undefined;
    if (address !== undefined) address.active--;
    pool.leave(call);
  }

  ended(call: UpstreamCall): void {
    const { attempts } = call;
    clearTimeout(attempts.deadline);
    if (!attempts.isJudged) attempts.address?.breaker.undecided();
    attempts.isJudged = true;
    // One that a connection already works for is released when the connection says so.
    if (attempts.pool?.isWaiting(call)) this.released(call);
    if (attempts.hasPlace) this.#places?.leave(call);
    attempts.hasPlace = false;
  }

  /** Nothing of an answer after all that time is the address's failing; a long answer is not. */
  #tooLate(call: UpstreamCall): void {
    const { attempts, wasSent } = call;
    if (wasSent && !attempts.isJudged && isFailure('backendTimedOut', this.endpoint.protection?.openOn)) {
      attempts.isJudged = true;
      attempts.address?.breaker.failed(performance.now());
    }
    call.fail(new GatewayError('backendTimedOut'));
  }

  /** The address that the client's cookie names, when it is well. */
  #stuckTo(exchange: Exchange): BackendAddress | undefined {
    if (this.endpoint.balancing?.sticky === undefined) return undefined;
    const address = stuckTo(exchange, this.addresses);
    return address?.isWell && address.breaker.admits(performance.now()) ? address : undefined;
  }

  #nextFor(attempts: CallAttempts, failed: BackendAddress, wasConnectionLost: boolean): BackendAddress | undefined {
    const now = performance.now();
    attempts.tried = [...attempts.tried, failed];
    const other = this.#choice.choose(now, attempts.tried);
    // A kept connection that just died says nothing about its address, so that will do when there is no other.
    return other ?? (wasConnectionLost && failed.breaker.admits(now) ? failed : undefined);
  }

  /** Sends the call to the address, or to whichever is its turn; what goes wrong at once ends the call. */
  #attempt(call: UpstreamCall, chosen: BackendAddress | undefined): void {
    try {
      const { exchange, attempts } = call;
      const address = chosen ?? this.#stuckTo(exchange) ?? this.nextAddress();
      attempts.address = address;
      attempts.isJudged = false;
      address.breaker.called();
      exchange.upstream = address.upstream.origin;
      const path = upstreamPath(exchange, address.upstream);
      const isReplayable = call.body === undefined;
      const authorization = this.#credentials?.authorize({ method: exchange.method, path, address, isReplayable });
      if (authorization instanceof Promise) this.#sendOnce(authorization, call, address, path);
      else this.#send(call, address, path, authorization);
    } catch (error) {
      call.fail(error);
    }
  }

  /** As few may wait for credentials as for connections: a token URL that hangs must not fill memory. */
  #sendOnce(
    authorization: Promise<string | undefined>,
    call: UpstreamCall,
    address: BackendAddress,
    path: string,
  ): void {
    if (this.#awaitingCredentials >= this.around.settings.connectionsPerEndpoint) {
      authorization.catch(() => undefined);
      throw busy();
    }
    this.#awaitingCredentials++;
    authorization
      .finally(() => this.#awaitingCredentials--)
      .then(
        (value) => this.#send(call, address, path, value),
        (error: unknown) => call.fail(error),
      );
  }

  #send(call: UpstreamCall, address: BackendAddress, path: string, authorization: string | undefined): void {
    // The client may have left while credentials were fetched.
    if (call.isOver) return;
    const { attempts } = call;
    try {
      const isSticky = address.stickyValue !== undefined;
      const { headersTimeout } = this.#limits;
      attempts.authorization = authorization;
      call.options = upstreamRequest(call, path, authorization, { isSticky, headersTimeout });
      const pool = this.poolOf(address);
      attempts.pool = pool;
      address.active++;
      if (pool.enter(call)) return;
      attempts.pool = undefined;
      address.active--;
      call.fail(busy());
    } catch (error) {
      call.fail(error);
    }
  }
}

const noAddresses: readonly BackendAddress[] = [];
