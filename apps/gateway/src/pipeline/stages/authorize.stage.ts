import type { CompiledResource } from '../../apis/compiled-catalog.js';
import { challenge } from '../challenge.js';
import { GatewayError } from '../gateway-errors.js';
import type { TokenFacts } from '../ports.js';
import type { Stage } from '../stage.js';

/** Checks that the token is of a kind the resource takes and holds one of its scopes. */
export function authorize(): Stage {
  return {
    name: 'authorize',
    run({ resource, token }) {
      if (token === undefined) return;
      if (!takesKind(resource, token)) {
        throw new GatewayError('wrongTokenKind', { headers: challenge('invalid_token') });
      }
      if (resource.scopes.length > 0 && !resource.scopes.some(isHeld, token)) {
        throw new GatewayError('scopeMissing', {
          headers: challenge('insufficient_scope', undefined, resource.scopes),
        });
      }
    },
  };
}

function takesKind({ authType }: CompiledResource, { kind }: TokenFacts): boolean {
  if (authType === 'Application') return kind === 'APPLICATION';
  if (authType === 'Application_User') return kind === 'APPLICATION_USER';
  return true;
}

/** Takes the token as `this`, so that no function is made per request. */
function isHeld(this: TokenFacts, scope: string): boolean {
  return this.scopes.includes(scope);
}
