import type { AuthorizationServer } from '../authorization-server.js';
import type { ClientRequest } from '../oauth2/client-request.js';
import { toOAuthError } from '../oauth2/errors.js';
import type { Metrics } from './metrics.js';

/** Counts every answer. Failed client authentication is counted here (`invalid_client`) and stored nowhere. */
export function counted(
  server: AuthorizationServer,
  { requests, validations }: Metrics,
  grantTypes: readonly string[],
): AuthorizationServer {
  const grantTypeOf = ({ parameters }: ClientRequest) => {
    const sent = parameters.find(({ name }) => name === 'grant_type')?.value ?? '';
    return grantTypes.includes(sent) ? sent : 'other';
  };
  const count = async <T>(endpoint: string, grantType: string, answer: Promise<T>): Promise<T> => {
    try {
      const result = await answer;
      requests.inc({ endpoint, grant_type: grantType, result: 'ok' });
      return result;
    } catch (error) {
      requests.inc({ endpoint, grant_type: grantType, result: toOAuthError(error).error });
      throw error;
    }
  };
  return {
    issueToken: (request) => count('token', grantTypeOf(request), server.issueToken(request)),
    revokeToken: (request) => count('revoke', '', server.revokeToken(request)),
    introspectToken: (request) => count('introspect', '', server.introspectToken(request)),
    validateToken: async (tokenHash) => {
      const validation = await server.validateToken(tokenHash);
      validations.inc({ state: validation.state.toLowerCase() });
      return validation;
    },
  };
}
