import { InvalidScope } from '../errors.js';
import { OutdatedGrant } from '../grant-errors.js';
import type { ResourceOwner } from '../model.js';
import type { Parameter } from '../parameters.js';
import type { AuditLog, ResourceOwners } from '../ports.js';
import type { ScopePolicy } from '../scope.js';
import { ownerAt } from '../standing.js';
import { mayUse } from '../tenancy.js';
import { type AnswerDeps, createAnswers } from './authorization-answer.js';
import { type AuthorizationErrorCode, RefusedRequest } from './authorization-error.js';
import {
  type AuthorizationRequest,
  type AuthorizationRequestDeps,
  readAuthorizationRequest,
} from './authorization-request.js';
import { type AuthorizationResponse, answerTo, refusalTo } from './authorization-response.js';
import { type ConsentStore, canBeRemembered, covers } from './consent.js';
import type { LoginSession } from './login-session.js';
import { isOpenId } from './response-type.js';

export interface AuthorizationEndpointDeps extends AuthorizationRequestDeps, AnswerDeps {
  readonly resourceOwners: ResourceOwners;
  readonly scopes: ScopePolicy;
  readonly consents: ConsentStore;
  readonly audit: AuditLog;
  /** `iss` of every answer (RFC 9207). */
  readonly issuer: string;
  readonly settings: AuthorizationRequestDeps['settings'] & AnswerDeps['settings'];
}

/** What comes next: the user logs in, the user is asked, or the client gets its answer. */
export type Step =
  | { readonly kind: 'login' }
  | { readonly kind: 'consent'; readonly scope: readonly string[] }
  | { readonly kind: 'answer'; readonly response: AuthorizationResponse };

export interface Circumstances {
  /** The user gave name and password for this very request. */
  readonly hasJustLoggedIn: boolean;
  readonly clientAddress: string;
}

export interface Choice {
  /** What the user was shown: no more is granted, whatever has changed meanwhile. */
  readonly scope: readonly string[];
  /** For good. */
  readonly remember: boolean;
  readonly clientAddress: string;
}

/** RFC 6749 §3.1, between reading a request and answering it. Everything may throw `RefusedRequest`. */
export interface AuthorizationEndpoint {
  /** Throws `UnanswerableRequest` too. `wasPushed` as in `readAuthorizationRequest`. */
  read(parameters: readonly Parameter[], wasPushed?: boolean): Promise<AuthorizationRequest>;
  next(request: AuthorizationRequest, session: LoginSession | undefined, now: Circumstances): Promise<Step>;
  /** The user said yes to this request on the consent page. */
  approve(request: AuthorizationRequest, session: LoginSession, choice: Choice): Promise<AuthorizationResponse>;
  /** The user said no. */
  deny(request: AuthorizationRequest, session: LoginSession, clientAddress: string): Promise<AuthorizationResponse>;
  refuse(refused: RefusedRequest): AuthorizationResponse;
}

export function createAuthorizationEndpoint(deps: AuthorizationEndpointDeps): AuthorizationEndpoint {
  const { resourceOwners, scopes, consents, clock, audit, issuer } = deps;
  const answerWith = createAnswers(deps);

  return {
    read: (parameters, wasPushed) => readAuthorizationRequest(deps, parameters, wasPushed),

    async next(request, session, circumstances) {
      const owner = await ownerOf(request, session);
      if (!session || !owner || needsLogin(request, clock.now() - session.authTime, circumstances)) {
        if (request.prompt.has('none')) throw refused(request, 'login_required', 'The user has to log in.');
        return { kind: 'login' };
      }
      const scope = await grantedScope(request, owner);
      if (!(await isAllowed(request, session, scope))) {
        if (request.prompt.has('none')) throw refused(request, 'consent_required', 'The user has to be asked.');
        return { kind: 'consent', scope };
      }
      return { kind: 'answer', response: await answer(request, session, scope, circumstances.clientAddress) };
    },

    async approve(request, session, { scope: shown, remember, clientAddress }) {
      const owner = await ownerOf(request, session);
      if (!owner) throw refused(request, 'access_denied', 'The user may not use this client.');
      const scope = (await grantedScope(request, owner)).filter((name) => shown.includes(name));
      if (scope.length === 0) throw refused(request, 'invalid_scope', 'Nothing of what was asked for can be granted.');
      if (remember && canBeRemembered(request)) {
        const { subject, tenantDomain } = session;
        const { clientId } = request.client;
        await consents.rememberConsent({ subject, tenantDomain, clientId, scope, grantedAt: clock.now() });
      }
      return answer(request, session, scope, clientAddress);
    },

    async deny(request, session, clientAddress) {
      await audit.record(eventOf('authorization.denied', request, session, clientAddress));
      return refusalTo(refused(request, 'access_denied', 'The user denied the request.'), issuer);
    },

    refuse: (refusal) => refusalTo(refusal, issuer),
  };

  /** The user as at the login, unless gone, locked, or of a tenant that may not use the client. */
  async function ownerOf({ client }: AuthorizationRequest, session: LoginSession | undefined) {
    const { subject, subjectEpoch: epoch } = session ?? {};
    if (subject === undefined || epoch === undefined) return undefined;
    const owner = await ownerAt(resourceOwners, { subject, epoch });
    return owner && mayUse(client, owner.tenantDomain) ? owner : undefined;
  }

  async function grantedScope(request: AuthorizationRequest, owner: ResourceOwner): Promise<readonly string[]> {
    const subject = { tenantDomain: owner.tenantDomain, roles: async () => owner.roles };
    try {
      const scope = await scopes.grant(request.scope, subject);
      if (isOpenId(request) && !scope.includes('openid')) throw new InvalidScope('The scope openid is not granted.');
      return scope;
    } catch (thrown) {
      if (thrown instanceof InvalidScope) throw refused(request, 'invalid_scope', thrown.description);
      throw thrown;
    }
  }

  async function isAllowed(request: AuthorizationRequest, { subject }: LoginSession, scope: readonly string[]) {
    if (request.prompt.has('consent') || !canBeRemembered(request)) return false;
    return covers(await consents.findConsent(subject, request.client.clientId), scope);
  }

  async function answer(
    request: AuthorizationRequest,
    session: LoginSession,
    scope: readonly string[],
    clientAddress: string,
  ): Promise<AuthorizationResponse> {
    await audit.record(eventOf('authorization.granted', request, session, clientAddress, scope));
    try {
      return answerTo(request, issuer, await answerWith(request, session, scope));
    } catch (thrown) {
      // The login ended at this moment; the next request finds that out and asks for another.
      if (thrown instanceof OutdatedGrant) throw refused(request, 'access_denied', thrown.description);
      throw thrown;
    }
  }
}

function needsLogin({ prompt, maxAgeSeconds }: AuthorizationRequest, ageMillis: number, now: Circumstances): boolean {
  // Else max_age=0 or prompt=login would never come to an end.
  if (now.hasJustLoggedIn) return false;
  if (prompt.has('login') || prompt.has('select_account')) return true;
  return maxAgeSeconds !== undefined && ageMillis > maxAgeSeconds * 1_000;
}

const refused = (request: AuthorizationRequest, error: AuthorizationErrorCode, description: string) =>
  new RefusedRequest(request, error, description);

function eventOf(
  action: string,
  { client, responseType }: AuthorizationRequest,
  { subject, tenantDomain }: LoginSession,
  clientAddress: string,
  scope: readonly string[] = [],
) {
  const detail = { responseType, scope: scope.join(' ') };
  return { tenantDomain, actor: subject, action, target: client.clientId, clientAddress, detail };
}
