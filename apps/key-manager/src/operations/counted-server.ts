import type { AuthorizationServer } from '../authorization-server.js';
import type { ClientRequest } from '../oauth2/client-request.js';
import { InvalidClient, toOAuthError } from '../oauth2/errors.js';
import { evenRefusal } from './even-refusal.js';
import type { Metrics } from './metrics.js';

/** Counts every answer, and tells `refused` of every client that was not let in. */
export function counted(
  server: AuthorizationServer,
  { requests, validations }: Metrics,
  grantTypes: readonly string[],
  refused: (request: ClientRequest, endpoint: string) => void,
): AuthorizationServer {
  const grantTypeOf = ({ parameters }: ClientRequest) => {
    const sent = parameters.find(({ name }) => name === 'grant_type')?.value ?? '';
    return grantTypes.includes(sent) ? sent : 'other';
  };
  const count = async <T>(endpoint: string, request: ClientRequest, answer: Promise<T>, grantType = ''): Promise<T> => {
    const began = performance.now();
    try {
      const result = await answer;
      requests.inc({ endpoint, grant_type: grantType, result: 'ok' });
      return result;
    } catch (error) {
      if (error instanceof InvalidClient) {
        refused(request, endpoint);
        await evenRefusal(began);
      }
      requests.inc({ endpoint, grant_type: grantType, result: toOAuthError(error).error });
      throw error;
    }
  };
  return {
    issueToken: (request) => count('token', request, server.issueToken(request), grantTypeOf(request)),
    revokeToken: (request) => count('revoke', request, server.revokeToken(request)),
    introspectToken: (request) => count('introspect', request, server.introspectToken(request)),
    userInfo: (request) => count('userinfo', request, server.userInfo(request)),
    authorizeDevice: (request) => count('device_authorization', request, server.authorizeDevice(request)),
    pushAuthorization: (request) => count('par', request, server.pushAuthorization(request)),
    revokeOneTimeToken: (tokenHash) => server.revokeOneTimeToken(tokenHash),
    validateToken: async (tokenHash, wantsUserClaims) => {
      const validation = await server.validateToken(tokenHash, wantsUserClaims);
      validations.inc({ state: validation.state.toLowerCase() });
      return validation;
    },
  };
}
