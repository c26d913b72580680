import type { FastifyReply } from 'fastify';
import type { LoginSession } from '../../oauth2/authorization/login-session.js';
import type { deviceDecisions, WaitingDevice } from '../../oauth2/device-authorization/device-decision.js';
import type { AuditLog } from '../../oauth2/ports.js';
import { mayUse } from '../../oauth2/tenancy.js';
import type { NetworkLimit } from '../../users/throttle/network-limit.js';
import { codePage, deviceAllowedPage, deviceConsentPage, deviceDeniedPage, deviceLoginPage } from './device-pages.js';
import type { Handler, InteractiveParts, Visit } from './flow.js';
import { maxPassword, maxUsername, problemOf } from './login-handlers.js';
import type { LoginProblem } from './login-page.js';
import { messagePage } from './other-pages.js';
import { type Page, sendPage } from './page.js';

export interface DeviceParts {
  readonly decisions: ReturnType<typeof deviceDecisions>;
  readonly wrongCodes: NetworkLimit;
  readonly audit: AuditLog;
}

/** The page that `verification_uri` names: code, login, decision (RFC 8628 §3.3). The code goes along in each form. */
export function createDeviceHandlers(parts: InteractiveParts): { readonly show: Handler; readonly act: Handler } {
  const { logins, device: devices } = parts;

  return {
    // A code in the address (§3.3.1) is only filled in: following a link must not be all that it takes.
    show: async (visit) => sendPage(visit.reply, codePage((visit.form.get('user_code') ?? '').slice(0, 32))),

    async act(visit) {
      const typed = (visit.form.get('user_code') ?? '').slice(0, 33);
      const waitSeconds = devices.wrongCodes.waitSeconds(visit.request.ip);
      if (waitSeconds !== undefined) return sendPage(visit.reply, codePage(typed, { waitSeconds }));
      // Before it is looked up: of any number of guesses at once only the free ones get through.
      devices.wrongCodes.note(visit.request.ip);
      const device = await devices.decisions.find(typed);
      if (!device) return sendPage(visit.reply, codePage(typed, 'unknown'));
      devices.wrongCodes.takeBack(visit.request.ip);
      const session = await logins.find(visit.browser.login);
      if (!session) return visit.form.has('password') ? logIn(visit, device) : askToLogIn(parts, visit, device);
      if (visit.form.get('decision') === 'switch') {
        await logins.logOut(session, visit.request.ip);
        visit.browser.login = undefined;
        return askToLogIn(parts, visit, device);
      }
      return decide(visit, device, session);
    },
  };

  async function logIn(visit: Visit, device: WaitingDevice): Promise<FastifyReply> {
    const username = visit.form.get('username') ?? '';
    const password = visit.form.get('password') ?? '';
    const isTooLong = username.length > maxUsername || password.length > maxPassword;
    const credentials = { username, password, clientAddress: visit.request.ip };
    try {
      const started =
        isTooLong || username === '' ? undefined : await logins.logIn(credentials, device.client, visit.browser.login);
      if (!started) return await askToLogIn(parts, visit, device, { kind: 'wrong' });
      visit.browser.login = started.value;
      return await askToDecide(parts, visit, device, started.session);
    } catch (thrown) {
      const problem = problemOf(thrown);
      if (!problem) throw thrown;
      return askToLogIn(parts, visit, device, problem);
    }
  }

  async function decide(visit: Visit, device: WaitingDevice, session: LoginSession): Promise<FastifyReply> {
    if (!mayUse(device.client, session.tenantDomain)) {
      return send(visit, messagePage('You can’t connect this device', 'It is for users of another organisation.', 403));
    }
    const decision = visit.form.get('decision');
    // Whoever saw the page decides, and not who has logged in meanwhile in another tab.
    const isDecided = visit.form.get('session') === session.id && (decision === 'allow' || decision === 'deny');
    if (!isDecided) return askToDecide(parts, visit, device, session);
    const { id, subject, tenantDomain, subjectEpoch, authTime } = session;
    const authentication = { authTime, amr: ['pwd'], sessionId: id };
    const approval = decision === 'allow' ? { subject, tenantDomain, subjectEpoch, authentication } : undefined;
    if (!(await devices.decisions.settle(device, approval))) return send(visit, codePage('', 'unknown'));
    await devices.audit.record({
      tenantDomain,
      actor: subject,
      action: approval ? 'device.allowed' : 'device.denied',
      target: device.client.clientId,
      clientAddress: visit.request.ip,
    });
    return send(visit, approval ? deviceAllowedPage : deviceDeniedPage);
  }
}

async function askToLogIn(
  parts: InteractiveParts,
  visit: Visit,
  device: WaitingDevice,
  problem?: LoginProblem,
): Promise<FastifyReply> {
  const { title } = await parts.describeClient(device.client);
  const username = (visit.form.get('username') ?? '').slice(0, maxUsername);
  return send(visit, deviceLoginPage({ code: device.userCode, client: title, username, problem }));
}

async function askToDecide(
  parts: InteractiveParts,
  visit: Visit,
  { client, scope, userCode: code }: WaitingDevice,
  { id: sessionId, subject, tenantDomain }: LoginSession,
): Promise<FastifyReply> {
  const { title } = await parts.describeClient(client);
  const scopes = await parts.describeScopes(tenantDomain, scope);
  const username = parts.displayUserName(subject);
  return send(visit, deviceConsentPage({ code, sessionId, client: title, username, scopes }));
}

function send(visit: Visit, page: Page): FastifyReply {
  visit.browser.writeTo(visit.reply);
  return sendPage(visit.reply, page);
}
