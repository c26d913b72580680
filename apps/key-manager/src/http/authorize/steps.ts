import type { FastifyReply, FastifyRequest } from 'fastify';
import { RefusedRequest, type ReplyAddress } from '../../oauth2/authorization/authorization-error.js';
import { clearCookie, crowdedOut, readCookies, sessionCookie, setCookie, stepCookiePrefix } from './cookies.js';
import { type SealedSteps, type Step, stepSeconds } from './sealed-steps.js';

/** The step is not there: no cookie, another browser, too old, or another page of the flow. */
export class StepLost extends Error {
  override readonly name = 'StepLost';
}

/** Cookies and steps of one request, and what its answer changes about them. */
export class Browser {
  readonly #cookies: ReadonlyMap<string, string>;
  readonly #changes = new Map<string, string>();

  constructor(
    request: FastifyRequest,
    private readonly steps: SealedSteps,
  ) {
    this.#cookies = readCookies(request.raw.headers.cookie);
  }

  /** The value of the login's cookie. */
  get login(): string | undefined {
    return this.#cookies.get(sessionCookie);
  }

  set login(value: string | undefined) {
    this.#changes.set(
      sessionCookie,
      value === undefined ? clearCookie(sessionCookie) : setCookie(sessionCookie, value),
    );
  }

  /** Throws `StepLost`. */
  step<P extends Step['phase']>(id: string | undefined, ...phases: readonly P[]): Step & { readonly phase: P } {
    const sealed = id === undefined ? undefined : this.#cookies.get(stepCookiePrefix + id);
    const step = sealed === undefined ? undefined : this.steps.open(id ?? '', sealed);
    const isExpected = (found: Step): found is Step & { readonly phase: P } =>
      phases.some((one) => one === found.phase);
    if (!step || !isExpected(step)) throw new StepLost();
    return step;
  }

  /** Hands a step to the browser; answers the id by which the next request names it. */
  begin(step: Step, replyTo: ReplyAddress | undefined, id = this.steps.newId()): string {
    const sealed = this.steps.seal(id, step) ?? this.steps.seal(id, { ...step, username: undefined });
    if (sealed === undefined) {
      if (replyTo) throw new RefusedRequest(replyTo, 'invalid_request', 'The request is too large.');
      throw new StepLost();
    }
    for (const name of crowdedOut(this.#cookies)) this.#changes.set(name, clearCookie(name));
    this.#changes.set(stepCookiePrefix + id, setCookie(stepCookiePrefix + id, sealed, stepSeconds));
    return id;
  }

  end(id: string): void {
    this.#changes.set(stepCookiePrefix + id, clearCookie(stepCookiePrefix + id));
  }

  /** Once, with the answer. */
  writeTo(reply: FastifyReply): void {
    if (this.#changes.size > 0) reply.header('set-cookie', [...this.#changes.values()]);
  }
}
