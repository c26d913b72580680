import { createScopeTexts } from './apis/scope-texts.js';
import type { ApplicationStore } from './applications/application-store.js';
import type { InteractiveParts } from './http/authorize/flow.js';
import { createSealedSteps } from './http/authorize/sealed-steps.js';
import { createAuthorizationEndpoint } from './oauth2/authorization/authorization-endpoint.js';
import type { ConsentStore } from './oauth2/authorization/consent.js';
import type { LoginSessionStore } from './oauth2/authorization/login-session.js';
import { createLogins } from './oauth2/authorization/logins.js';
import type { IdTokenHints } from './oauth2/authorization/logout-request.js';
import type { PushedRequests } from './oauth2/authorization/pushed-request.js';
import { deviceDecisions } from './oauth2/device-authorization/device-decision.js';
import type { AuditLog, ClientStore, CodeStore, ResourceOwners, ScopeStore } from './oauth2/ports.js';
import { createScopePolicy } from './oauth2/scope.js';
import { createTokenIssuer, type TokenIssuerDeps } from './oauth2/token-issuer.js';
import type { ScopeTextStore } from './storage/ports.js';
import { NetworkLimit } from './users/throttle/network-limit.js';
import { displayUserName } from './users/user-name.js';

export interface InteractiveDeps extends TokenIssuerDeps {
  readonly clients: ClientStore;
  readonly codes: CodeStore;
  readonly scopes: ScopeStore;
  readonly resourceOwners: ResourceOwners;
  readonly audit: AuditLog;
  readonly sessions: LoginSessionStore;
  readonly consents: ConsentStore;
  readonly applications: Pick<ApplicationStore, 'findApplication'>;
  readonly scopeTexts: ScopeTextStore;
  readonly secretKey: Buffer;
  readonly issuer: string;
  readonly pushedRequests?: PushedRequests | undefined;
  readonly idTokenHints?: IdTokenHints | undefined;
}

/** What the endpoints and pages for users are built on. */
export function createInteractive(deps: InteractiveDeps): InteractiveParts {
  const { applications, scopeTexts, secretKey, clock } = deps;
  const scopes = createScopePolicy(deps.scopes, deps.settings);
  return {
    endpoint: createAuthorizationEndpoint({ ...deps, scopes, issueTokens: createTokenIssuer(deps) }),
    logins: createLogins(deps),
    steps: createSealedSteps(secretKey, () => clock.now()),
    logout: deps,
    device: {
      decisions: deviceDecisions(deps),
      wrongCodes: new NetworkLimit(clock, { free: 10, windowSeconds: 600 }),
      audit: deps.audit,
    },
    publicOrigin: new URL(deps.issuer).origin,
    async describeClient({ name, applicationId }) {
      const application = applicationId === undefined ? undefined : await applications.findApplication(applicationId);
      return { title: application?.name ?? name, name };
    },
    describeScopes: createScopeTexts(scopeTexts),
    displayUserName,
  };
}
