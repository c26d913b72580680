import { createIdTokens, type IdTokenDeps } from '../id-token.js';
import type { TokenIssuer } from '../token-issuer.js';
import { authenticationOf, type CodeDeps, makeCode } from './authorization-code.js';
import type { AuthorizationRequest } from './authorization-request.js';
import type { LoginSession } from './login-session.js';

export interface AnswerDeps extends CodeDeps, IdTokenDeps {
  readonly issueTokens: TokenIssuer;
  readonly settings: CodeDeps['settings'] & IdTokenDeps['settings'];
}

type AnswerParameters = Readonly<Record<string, string | undefined>>;

/** What the client gets for what the user allowed, by `response_type`. RFC 6749 §4.1.2, §4.2.2; OpenID Connect Core §3.2.2.5. */
export function createAnswers(deps: AnswerDeps) {
  const idToken = createIdTokens(deps);
  return async (
    request: AuthorizationRequest,
    session: LoginSession,
    scope: readonly string[],
  ): Promise<AnswerParameters> => {
    if (request.responseType === 'code') return { code: await makeCode(deps, request, session, scope) };
    const authentication = authenticationOf(request, session);
    const { subject, tenantDomain } = session;
    if (request.responseType === 'id_token') {
      return { id_token: await idToken(request.client, { subject, authentication }) };
    }
    const granted = await deps.issueTokens(request.client, {
      subject,
      tenantDomain,
      kind: 'APPLICATION_USER',
      scope,
      restsOn: { subject, epoch: session.subjectEpoch },
      // RFC 6749 §4.2: there is nobody to prove who presents a refresh token.
      refreshable: false,
      details: request.responseType === 'id_token token' ? { authentication } : undefined,
    });
    return {
      access_token: granted.accessToken,
      token_type: granted.tokenType,
      expires_in: String(granted.expiresIn),
      scope: granted.scope,
      // Only where it was asked for: one without a nonce is of no use to anybody but a thief.
      id_token: request.responseType === 'id_token token' ? granted.idToken : undefined,
    };
  };
}
