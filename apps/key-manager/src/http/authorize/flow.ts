import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AuthorizationEndpoint, Step as NextStep } from '../../oauth2/authorization/authorization-endpoint.js';
import { knownParameters } from '../../oauth2/authorization/authorization-parameters.js';
import type { AuthorizationRequest } from '../../oauth2/authorization/authorization-request.js';
import { type AuthorizationResponse, locationOf } from '../../oauth2/authorization/authorization-response.js';
import type { LoginSession } from '../../oauth2/authorization/login-session.js';
import type { Logins } from '../../oauth2/authorization/logins.js';
import type { LogoutDeps } from '../../oauth2/authorization/logout-request.js';
import type { Client } from '../../oauth2/model.js';
import type { Parameter, Parameters } from '../../oauth2/parameters.js';
import { pagesPrefix } from './assets.js';
import type { ClientText, ScopeText } from './consent-page.js';
import type { DeviceParts } from './device-handlers.js';
import { formPostPage } from './other-pages.js';
import { pageHeaders, sendPage } from './page.js';
import type { SealedSteps, Step } from './sealed-steps.js';
import type { Browser } from './steps.js';

/** What the pages and endpoints for users are made of. */
export interface InteractiveParts {
  readonly endpoint: AuthorizationEndpoint;
  readonly logins: Logins;
  readonly steps: SealedSteps;
  readonly logout: LogoutDeps;
  readonly device: DeviceParts;
  /** Where browsers reach the pages. */
  readonly publicOrigin: string;
  describeClient(client: Client): Promise<ClientText>;
  describeScopes(tenantDomain: string, scope: readonly string[]): Promise<readonly ScopeText[]>;
  /** As it is shown to people. */
  displayUserName(subject: string): string;
}

/** One request of a browser with its answer. */
export interface Visit {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly browser: Browser;
  /** As sent, repetitions included. */
  readonly list: readonly Parameter[];
  /** Names that came once, with a value. */
  readonly form: Parameters;
}

export type Handler = (visit: Visit) => Promise<FastifyReply>;

export const paths = {
  login: `${pagesPrefix}/login.do`,
  consent: `${pagesPrefix}/oauth2_consent.do`,
  error: `${pagesPrefix}/oauth2_error.do`,
} as const;

/** 302, which every client follows with GET here (WSO2; RFC 9110 §15.4.3). */
export function redirect({ reply, browser }: Visit, location: string): FastifyReply {
  browser.writeTo(reply);
  return reply.code(302).headers(pageHeaders).header('location', location).send();
}

export const withQuery = (path: string, query: Readonly<Record<string, string>>): string =>
  `${path}?${new URLSearchParams(query)}`;

/** The answer on its way to the client. */
export function respond(visit: Visit, response: AuthorizationResponse, client: string): FastifyReply {
  if (response.responseMode !== 'form_post') return redirect(visit, locationOf(response));
  visit.browser.writeTo(visit.reply);
  return sendPage(visit.reply, formPostPage(response, client));
}

/** Where the user stands after `request` was looked at, with the login that the browser has now. */
export async function proceed(
  { endpoint, logins }: InteractiveParts,
  visit: Visit,
  request: AuthorizationRequest,
  loggedInFor: string | undefined,
): Promise<FastifyReply> {
  const session = await logins.find(visit.browser.login);
  const hasJustLoggedIn = session !== undefined && session.id === loggedInFor;
  const next = await endpoint.next(request, session, { hasJustLoggedIn, clientAddress: visit.request.ip });
  if (next.kind === 'answer') return respond(visit, next.response, request.client.name);
  return next.kind === 'login' ? askToLogIn(visit, request) : askForConsent(visit, request, session, next);
}

export function askToLogIn(visit: Visit, request: AuthorizationRequest): FastifyReply {
  const id = visit.browser.begin(stepOf('login', request), request);
  return redirect(visit, withQuery(paths.login, { sessionDataKey: id }));
}

function askForConsent(
  visit: Visit,
  request: AuthorizationRequest,
  session: LoginSession | undefined,
  { scope }: Extract<NextStep, { kind: 'consent' }>,
): FastifyReply {
  const id = visit.browser.begin({ ...stepOf('consent', request), sessionId: session?.id, scope }, request);
  return redirect(visit, withQuery(paths.consent, { sessionDataKeyConsent: id, application: request.client.name }));
}

export function stepOf(phase: Step['phase'], { parameters, wasPushed }: AuthorizationRequest): Step {
  return { phase, parameters: knownParameters(parameters), wasPushed };
}
