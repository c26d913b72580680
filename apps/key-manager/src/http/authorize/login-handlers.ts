import { RefusedRequest } from '../../oauth2/authorization/authorization-error.js';
import type { AuthorizationRequest } from '../../oauth2/authorization/authorization-request.js';
import { TemporarilyUnavailable, TooManyAttempts } from '../../oauth2/errors.js';
import { type Handler, type InteractiveParts, paths, redirect, stepOf, type Visit, withQuery } from './flow.js';
import { type LoginProblem, loginPage } from './login-page.js';
import { sendPage } from './page.js';
import type { Step } from './sealed-steps.js';

export const maxUsername = 512;
export const maxPassword = 1_024;

/** The login page and its form. */
export function createLoginHandlers(parts: InteractiveParts): { readonly show: Handler; readonly logIn: Handler } {
  const { endpoint, logins } = parts;
  const reread = ({ parameters, wasPushed }: Step) => endpoint.read(parameters, wasPushed);

  return {
    async show(visit) {
      const id = visit.form.get('sessionDataKey') ?? '';
      const step = visit.browser.step(id, 'login');
      return showLogin(visit, id, step, visit.form.has('authFailure') ? { kind: 'wrong' } : undefined);
    },

    /** WSO2: /commonauth. */
    async logIn(visit) {
      const id = visit.form.get('sessionDataKey') ?? '';
      const step = visit.browser.step(id, 'login');
      const request = await reread(step);
      if (visit.form.has('cancel')) {
        visit.browser.end(id);
        throw new RefusedRequest(request, 'access_denied', 'The user did not log in.');
      }
      const username = (visit.form.get('username') ?? '').slice(0, maxUsername + 1);
      try {
        return await logIn(visit, id, request, username);
      } catch (thrown) {
        const problem = problemOf(thrown);
        if (!problem) throw thrown;
        return showLogin(visit, id, { ...step, username }, problem);
      }
    },
  };

  async function logIn(visit: Visit, id: string, request: AuthorizationRequest, username: string) {
    const password = visit.form.get('password') ?? '';
    const isTooLong = username.length > maxUsername || password.length > maxPassword;
    const credentials = { username, password, clientAddress: visit.request.ip };
    const started =
      isTooLong || username === '' ? undefined : await logins.logIn(credentials, request.client, visit.browser.login);
    if (!started) {
      // The same step goes on; the name is kept in it so that only the password has to be typed again.
      visit.browser.begin({ ...stepOf('login', request), username: username.slice(0, maxUsername) }, request, id);
      const failure = {
        sessionDataKey: id,
        authFailure: 'true',
        authFailureMsg: 'login.fail.message',
        error: 'login_failed',
      };
      return redirect(visit, withQuery(paths.login, failure));
    }
    visit.browser.end(id);
    visit.browser.login = started.value;
    const step = { ...stepOf('authenticated', request), sessionId: started.session.id };
    const next = visit.browser.begin(step, request);
    return redirect(visit, withQuery('/oauth2/authorize', { sessionDataKey: next }));
  }

  async function showLogin(visit: Visit, id: string, step: Step, problem: LoginProblem | undefined) {
    const { client, loginHint } = await reread(step);
    const { title } = await parts.describeClient(client);
    visit.browser.writeTo(visit.reply);
    const username = step.username ?? loginHint ?? '';
    return sendPage(visit.reply, loginPage({ sessionDataKey: id, client: title, username, problem }));
  }
}

export function problemOf(thrown: unknown): LoginProblem | undefined {
  if (thrown instanceof TooManyAttempts) return { kind: 'too-many', retryAfterSeconds: thrown.retryAfterSeconds };
  if (thrown instanceof TemporarilyUnavailable) return { kind: 'busy', retryAfterSeconds: thrown.retryAfterSeconds };
  return undefined;
}
