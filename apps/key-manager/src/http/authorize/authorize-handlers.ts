import type { AuthorizationRequest } from '../../oauth2/authorization/authorization-request.js';
import { canBeRemembered } from '../../oauth2/authorization/consent.js';
import type { LoginSession } from '../../oauth2/authorization/login-session.js';
import { consentPage } from './consent-page.js';
import {
  askToLogIn,
  type Handler,
  type InteractiveParts,
  paths,
  proceed,
  redirect,
  respond,
  type Visit,
  withQuery,
} from './flow.js';
import { sendPage } from './page.js';
import type { Step } from './sealed-steps.js';
import { StepLost } from './steps.js';

export type AuthorizeHandlers = Readonly<Record<'authorize' | 'decide' | 'resend' | 'showConsent', Handler>>;

const maxResent = 6_000;

/** The authorization endpoint as browsers see it, and the consent page. */
export function createAuthorizeHandlers(parts: InteractiveParts): AuthorizeHandlers {
  const { endpoint, logins } = parts;
  const reread = ({ parameters, wasPushed }: Step) => endpoint.read(parameters, wasPushed);

  return {
    /** A request of a client, or a browser that comes back from the login. */
    async authorize(visit) {
      const id = visit.form.get('sessionDataKey');
      if (id === undefined) return proceed(parts, visit, await endpoint.read(visit.list), undefined);
      const step = visit.browser.step(id, 'authenticated', 'login');
      const request = await reread(step);
      if (step.phase === 'login') return redirect(visit, withQuery(paths.login, { sessionDataKey: id }));
      visit.browser.end(id);
      return proceed(parts, visit, request, step.sessionId);
    },

    /** The user's answer to the consent page. */
    async decide(visit) {
      const id = visit.form.get('sessionDataKeyConsent') ?? '';
      const { step, request, session } = await consentStep(visit, id);
      const consent = visit.form.get('consent') ?? '';
      const clientAddress = visit.request.ip;
      visit.browser.end(id);
      if (consent === 'switch') return askToLogIn(visit, request);
      if (consent !== 'approve' && consent !== 'approveAlways') {
        return respond(visit, await endpoint.deny(request, session, clientAddress), request.client.name);
      }
      const remember = consent === 'approveAlways' || visit.form.get('hasApprovedAlways') === 'true';
      const choice = { scope: step.scope ?? [], remember, clientAddress };
      return respond(visit, await endpoint.approve(request, session, choice), request.client.name);
    },

    async showConsent(visit) {
      const id = visit.form.get('sessionDataKeyConsent') ?? '';
      const { step, request, session } = await consentStep(visit, id);
      visit.browser.writeTo(visit.reply);
      const page = consentPage({
        sessionDataKeyConsent: id,
        client: await parts.describeClient(request.client),
        username: parts.displayUserName(session.subject),
        scopes: await parts.describeScopes(session.tenantDomain, step.scope ?? []),
        redirectUri: request.redirectUri,
        canBeRemembered: canBeRemembered(request),
      });
      return sendPage(visit.reply, page);
    },

    /**
     * A client's request by POST (RFC 6749 §3.1). It comes from another site, so the browser keeps the login's cookie
     * back (SameSite); with the GET that follows it is sent. One that is too large for that is answered as it is.
     */
    async resend(visit) {
      const query = new URLSearchParams(
        visit.list.map(({ name, value }): [string, string] => [name, value]),
      ).toString();
      if (query.length <= maxResent) return redirect(visit, `/oauth2/authorize?${query}`);
      return proceed(parts, visit, await endpoint.read(visit.list), undefined);
    },
  };

  /** The step belongs to one login: consent is never given in the name of somebody else. */
  async function consentStep(visit: Visit, id: string): Promise<ConsentStep> {
    const step = visit.browser.step(id, 'consent');
    const session = await logins.find(visit.browser.login);
    if (!session || session.id !== step.sessionId) throw new StepLost();
    return { step, request: await reread(step), session };
  }
}

interface ConsentStep {
  readonly step: Step;
  readonly request: AuthorizationRequest;
  readonly session: LoginSession;
}
