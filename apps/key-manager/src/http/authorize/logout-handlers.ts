import type { FastifyReply } from 'fastify';
import type { LoginSession } from '../../oauth2/authorization/login-session.js';
import { type LogoutRequest, readLogoutRequest } from '../../oauth2/authorization/logout-request.js';
import { type Handler, type InteractiveParts, redirect, type Visit } from './flow.js';
import { loggedOutPage, logoutPage, stillLoggedInPage } from './other-pages.js';
import { sendPage } from './page.js';

/** OpenID Connect RP-Initiated Logout 1.0. */
export function createLogoutHandler({ logins, logout, ...parts }: InteractiveParts): Handler {
  return async (visit) => {
    const session = await logins.find(visit.browser.login);
    const id = visit.request.method === 'POST' ? visit.form.get('sessionDataKey') : undefined;
    if (id !== undefined) return answered(visit, id, session);
    // From another site the cookie is kept back (SameSite), so nobody could tell whether there is a login to end.
    if (visit.request.method === 'POST' && visit.browser.login === undefined) return redirect(visit, byGet(visit.list));
    const request = await readLogoutRequest(logout, visit.list);
    if (!session) return leave(visit, request);
    // Whoever holds an id token of this very login may end it; for anybody else a link could log users out at will.
    if (request.sessionId !== undefined && request.sessionId === session.id) return end(visit, session, request);
    const parameters = visit.list.filter(({ name }) => name !== 'id_token_hint');
    const key = visit.browser.begin(
      { phase: 'logout', parameters: bounded(parameters), wasPushed: false, sessionId: session.id },
      undefined,
    );
    const client = request.client && (await parts.describeClient(request.client)).title;
    visit.browser.writeTo(visit.reply);
    return sendPage(visit.reply, logoutPage(key, parts.displayUserName(session.subject), client));
  };

  async function answered(visit: Visit, id: string, session: LoginSession | undefined): Promise<FastifyReply> {
    const step = visit.browser.step(id, 'logout');
    visit.browser.end(id);
    const request = await readLogoutRequest(logout, step.parameters);
    if (!session) return leave(visit, request);
    if (visit.form.get('logout') === 'true') return end(visit, session, request);
    visit.browser.writeTo(visit.reply);
    return sendPage(visit.reply, stillLoggedInPage);
  }

  async function end(visit: Visit, session: LoginSession, request: LogoutRequest): Promise<FastifyReply> {
    await logins.logOut(session, visit.request.ip);
    return leave(visit, request);
  }

  function leave(visit: Visit, { returnTo }: LogoutRequest): FastifyReply {
    // Only one that was sent: otherwise a form of any other site could take the login away without a question.
    if (visit.browser.login !== undefined) visit.browser.login = undefined;
    if (returnTo !== undefined) return redirect(visit, returnTo);
    visit.browser.writeTo(visit.reply);
    return sendPage(visit.reply, loggedOutPage);
  }
}

const kept: readonly string[] = ['client_id', 'post_logout_redirect_uri', 'state'];

/** What decides where the user goes afterwards; the rest could be of any size. */
const bounded = (list: Visit['list']) => list.filter(({ name, value }) => kept.includes(name) && value.length <= 1_024);

const maxQuery = 6_000;

/** The same request as a link, for which browsers send the cookie; a hint that does not fit costs the user a question. */
function byGet(list: Visit['list']): string {
  // Pair by pair: a name that came twice has to be seen twice.
  const target = (parameters: Visit['list']) =>
    `/oidc/logout?${new URLSearchParams(parameters.map(({ name, value }): [string, string] => [name, value]))}`;
  const whole = target(list.filter(({ name }) => kept.includes(name) || name === 'id_token_hint'));
  return whole.length <= maxQuery ? whole : target(bounded(list));
}
