import { AuthType } from '@keygate/proto/keymanager/v1/catalog';
import { describe, expect, it } from 'vitest';
import { anApi, aResource, catalogOf } from '../../apis/test/catalog.js';
import type { TokenFacts } from '../ports.js';
import { aRoutedExchange, faultOf, someFacts } from '../test/exchange.js';
import { authorize } from './authorize.stage.js';

function run(needs: Parameters<typeof aResource>[1], facts: Partial<TokenFacts> | undefined) {
  const catalog = catalogOf({ apis: [anApi({ resources: [aResource('GET /pets', needs)] })] });
  const exchange = aRoutedExchange({}, catalog);
  if (facts !== undefined) exchange.authenticated(someFacts(facts));
  return authorize().run(exchange);
}

describe('kinds of token', () => {
  const { AUTH_TYPE_ANY, AUTH_TYPE_APPLICATION, AUTH_TYPE_APPLICATION_USER, AUTH_TYPE_UNSPECIFIED } = AuthType;
  it.each([
    [AUTH_TYPE_ANY, 'APPLICATION', true],
    [AUTH_TYPE_ANY, 'APPLICATION_USER', true],
    [AUTH_TYPE_UNSPECIFIED, 'APPLICATION', true],
    [AUTH_TYPE_APPLICATION, 'APPLICATION', true],
    [AUTH_TYPE_APPLICATION, 'APPLICATION_USER', false],
    [AUTH_TYPE_APPLICATION_USER, 'APPLICATION', false],
    [AUTH_TYPE_APPLICATION_USER, 'APPLICATION_USER', true],
  ] as const)('auth type %d takes %s: %s', (authType, kind, isTaken) => {
    if (isTaken) expect(run({ authType }, { kind })).toBeUndefined();
    else expect(faultOf(() => run({ authType }, { kind })).fault).toBe('wrongTokenKind');
  });
});

describe('scopes', () => {
  it.each([
    [[], []],
    [[], ['x']],
    [['read'], ['read']],
    [
      ['read', 'admin'],
      ['x', 'admin'],
    ],
  ])('a resource with %j lets a token with %j pass', (scopes, held) => {
    expect(run({ scopes }, { scopes: held })).toBeUndefined();
  });

  it.each([
    [['read'], []],
    [['read'], ['READ', 'rea', 'readx', 'read ', 'default']],
    [['read', 'admin'], ['update']],
  ])('a resource with %j refuses a token with %j and names what it wants', (scopes, held) => {
    const { fault, headers } = faultOf(() => run({ scopes }, { scopes: held }));
    expect(fault).toBe('scopeMissing');
    expect(headers[1]).toBe(`Bearer realm="Keygate", error="insufficient_scope", scope="${scopes.join(' ')}"`);
  });

  it('are of no concern where no token is needed', () => {
    expect(run({ scopes: ['read'], authType: AuthType.AUTH_TYPE_NONE }, undefined)).toBeUndefined();
  });
});
