import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyText } from '../../test/support/oauth2-arbitraries.js';
import { OAuthError } from './errors.js';
import { applicationScope, createScopePolicy, formatScope, parseScope } from './scope.js';
import type { OAuth2Settings } from './settings.js';

describe('parseScope (RFC 6749 §3.3)', () => {
  it.each([
    [undefined, []],
    ['', []],
    ['   ', []],
    ['read', ['read']],
    [' b  a b ', ['b', 'a']],
    ['apim:api_view https://example.com/s!#$', ['apim:api_view', 'https://example.com/s!#$']],
    ['Read read', ['Read', 'read']],
  ])('reads %j', (text, expected) => expect(parseScope(text)).toEqual(expected));

  it.each(['a"b', 'a\\b', 'a\tb', 'a\nb', 'é', 'a\0', '\x7f', 'a\u00a0b', '\ud800'])('refuses %j', (text) => {
    expect(() => parseScope(text)).toThrow(expect.objectContaining({ error: 'invalid_scope', status: 400 }));
  });

  it.each([
    ['201 scopes', Array.from({ length: 201 }, (_, i) => `s${i}`).join(' ')],
    ['a name of 256 characters', 'x'.repeat(256)],
    ['12,801 characters', 'x '.repeat(6_401)],
  ])('refuses %s', (_, text) => {
    expect(() => parseScope(text)).toThrow(expect.objectContaining({ error: 'invalid_scope' }));
  });

  it('is undone by formatScope up to order and repetition', () => {
    const name = fc.stringMatching(/^[\x21\x23-\x5b\x5d-\x7e]{1,40}$/);
    fc.assert(
      fc.property(fc.array(name, { maxLength: 40 }), (names) => {
        expect(formatScope(parseScope(names.join(' ')))).toBe([...new Set(names)].sort().join(' '));
      }),
    );
  });

  it('throws nothing but OAuthError', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        try {
          parseScope(text);
        } catch (error) {
          if (!(error instanceof OAuthError)) throw error;
        }
      }),
    );
  });
});

const registered = new Map<string, readonly string[]>([
  ['open', []],
  ['read', ['reader', 'admin']],
  ['update', ['writer']],
  ['device_admin', ['admin']],
]);

function policy(change: Partial<Pick<OAuth2Settings, 'allowedScopes' | 'unknownScopes'>> = {}) {
  const lookedUp: string[][] = [];
  const store = {
    async findScopes(_: string, names: readonly string[]) {
      lookedUp.push([...names]);
      return new Map([...registered].filter(([name]) => names.includes(name)));
    },
  };
  const settings = { allowedScopes: ['^device_.*', 'openid'], unknownScopes: 'drop' as const, ...change };
  return { lookedUp, ...createScopePolicy(store, settings) };
}
const having = (...roles: string[]) => ({ tenantDomain: 'carbon.super', roles: async () => roles });
const noRolesNeeded = {
  tenantDomain: 'carbon.super',
  roles: async () => {
    throw new Error('the roles were asked for');
  },
};

describe('scope policy', () => {
  it.each([
    ['nothing asked', [], ['reader'], ['default']],
    ['a role the user has', ['read'], ['reader'], ['read']],
    ['one of several roles', ['read'], ['admin'], ['read']],
    ['a role the user lacks', ['update'], ['reader'], ['default']],
    ['one of two', ['read', 'update'], ['reader'], ['read']],
    ['a role in another case', ['read'], ['Reader'], ['default']],
    ['registered without roles', ['open'], [], ['open']],
    ['allow-listed', ['device_7', 'openid'], [], ['device_7', 'openid']],
    ['allow-listed although bound to a role', ['device_admin'], [], ['device_admin']],
    ['only part of an allowed pattern', ['openidx', 'xopenid', 'my_device_1'], [], ['default']],
    ['unknown', ['nope'], ['reader'], ['default']],
    ['default asked by name', ['default', 'open'], [], ['open']],
    ['the scope of applications', [applicationScope], [], ['default']],
  ])('%s', async (_, requested, roles, expected) => {
    expect(await policy().grant(requested, having(...roles))).toEqual(expected);
  });

  it('grants unknown scopes when the setting says so, but still not the scope of applications', async () => {
    const granted = await policy({ unknownScopes: 'grant' }).grant(['nope', 'update', applicationScope], having());
    expect(granted).toEqual(['nope']);
  });

  it('never lets a pattern grant the scope of applications', async () => {
    expect(await policy({ allowedScopes: ['.*'] }).grant([applicationScope], having())).toEqual(['default']);
  });

  it('rejects unknown scopes with invalid_scope when the setting says so; a lost role is no reason', async () => {
    const strict = policy({ unknownScopes: 'reject' });
    await expect(strict.grant(['read', 'nope'], having('reader'))).rejects.toThrow(
      expect.objectContaining({ error: 'invalid_scope' }),
    );
    expect(await strict.grant(['update', 'default'], having())).toEqual(['default']);
  });

  it('asks for roles only when a scope is bound to some, and for scopes only when one must be looked up', async () => {
    const { grant, lookedUp } = policy();
    expect(await grant([], noRolesNeeded)).toEqual(['default']);
    expect(await grant(['openid'], noRolesNeeded)).toEqual(['openid']);
    expect(lookedUp).toEqual([]);
    expect(await grant(['open', 'nope', 'openid'], noRolesNeeded)).toEqual(['open', 'openid']);
    expect(lookedUp).toEqual([['open', 'nope']]);
  });

  it('re-checks what was granted: keeps reserved ones, leaves out lost roles and vanished scopes', async () => {
    const { recheck } = policy({ unknownScopes: 'reject' });
    expect(await recheck(['read', 'update', 'gone', 'openid'], having('writer'))).toEqual(['update', 'openid']);
    expect(await recheck(['default'], having())).toEqual(['default']);
    expect(await recheck([applicationScope, 'read'], having())).toEqual([applicationScope]);
    expect(await recheck(['read'], having())).toEqual(['default']);
  });

  it.each(['(', 'a)|(b', '[z-a]'])('says that %j is no regular expression', (pattern) => {
    expect(() => policy({ allowedScopes: [pattern] })).toThrow(
      `allowedScopes: "${pattern}" is not a regular expression`,
    );
  });
});
