import type { AuthType, CompiledResource } from '../../apis/compiled-catalog.js';
import { apiChallenge, challenge } from '../challenge.js';
import { GatewayError } from '../gateway-errors.js';
import type { TokenFacts, TokenKind } from '../ports.js';
import type { Stage } from '../stage.js';

/** Checks that the token is of a kind the resource takes, is meant for the API and holds one of its scopes. */
export function authorize(): Stage {
  return {
    name: 'authorize',
    run({ api, resource, token }) {
      // Whoever publishes an API may try all of it.
      if (token === undefined || token.kind === 'INTERNAL') return;
      const { security } = api;
      if (!takesKind(resource, token)) {
        const error = isAccessToken(token) ? 'invalid_token' : undefined;
        throw new GatewayError('wrongTokenKind', { headers: apiChallenge(security, error) });
      }
      if (security.audiences.length > 0 && isAccessToken(token) && !isFor(token, security.audiences)) {
        throw new GatewayError('audienceMissing');
      }
      if (!holdsScope(resource, token)) {
        throw new GatewayError('scopeMissing', {
          headers: challenge('insufficient_scope', undefined, resource.scopes),
        });
      }
    },
  };
}

/** An API key and a certificate stand for an application, a password for a user. */
const takers: Readonly<Record<Exclude<AuthType, 'Any'>, ReadonlySet<TokenKind>>> = {
  None: new Set(),
  Application: new Set(['APPLICATION', 'API_KEY', 'CERTIFICATE']),
  Application_User: new Set(['APPLICATION_USER', 'USER']),
};

function takesKind({ authType }: CompiledResource, { kind }: TokenFacts): boolean {
  return authType === 'Any' || takers[authType].has(kind);
}

function isAccessToken({ kind }: TokenFacts): boolean {
  return kind === 'APPLICATION' || kind === 'APPLICATION_USER';
}

/** WSO2: a token that names no audience is for its client. */
function isFor({ audience, clientId }: TokenFacts, audiences: readonly string[]): boolean {
  return audience === undefined ? audiences.includes(clientId) : audience.some((name) => audiences.includes(name));
}

/** The same as a question, for what a caller does on a connection that it has already. */
export function isPermitted(resource: CompiledResource, token: TokenFacts | undefined): boolean {
  if (resource.authType === 'None') return true;
  if (token === undefined || token.kind === 'INTERNAL') return token !== undefined;
  return takesKind(resource, token) && holdsScope(resource, token);
}

function holdsScope({ scopes }: CompiledResource, token: TokenFacts): boolean {
  return scopes.length === 0 || scopes.some(isHeld, token);
}

/** Takes the token as `this`, so that no function is made per request. */
function isHeld(this: TokenFacts, scope: string): boolean {
  return this.scopes.includes(scope);
}
