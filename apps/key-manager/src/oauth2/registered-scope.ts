import { InvalidScope } from './errors.js';
import type { Authorization, Client } from './model.js';
import { defaultScope, parseScope, reservedScopes } from './scope.js';

/** RFC 7591 §2: a client that registered a `scope` asks for nothing beyond it. Throws `InvalidScope`. */
export function assertMayAsk({ metadata }: Client, scope: string | undefined): void {
  const { scope: registered } = metadata;
  if (registered && !parseScope(scope).every((name) => registered.includes(name))) {
    throw new InvalidScope('The client may not ask for this scope.');
  }
}

/**
 * The same for what nobody asks for in this request: an exchanged token brings scopes of another client along, and an
 * older grant those of an older registration.
 */
export function withinRegistration({ metadata }: Client, authorization: Authorization): Authorization {
  const { scope: registered } = metadata;
  if (!registered) return authorization;
  const held = authorization.scope.filter((name) => reservedScopes.includes(name) || registered.includes(name));
  return { ...authorization, scope: held.length > 0 ? held : [defaultScope] };
}
