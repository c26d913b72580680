import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wellFormedText } from '../../test/support/oauth2-arbitraries.js';
import { displayUserName, fullUserName, parseUserName } from './user-name.js';

describe('user names', () => {
  it.each([
    ['demo', 'PRIMARY', 'demo', 'carbon.super', 'demo@carbon.super'],
    ['demo@Wso2.COM', 'PRIMARY', 'demo', 'wso2.com', 'demo@wso2.com'],
    ['ldap/demo', 'LDAP', 'demo', 'carbon.super', 'LDAP/demo@carbon.super'],
    ['LDAP/demo@wso2.com', 'LDAP', 'demo', 'wso2.com', 'LDAP/demo@wso2.com'],
    ['primary/demo', 'PRIMARY', 'demo', 'carbon.super', 'demo@carbon.super'],
    ['a@mail.com@wso2.com', 'PRIMARY', 'a@mail.com', 'wso2.com', 'a@mail.com@wso2.com'],
    ['LDAP/a/b@wso2.com', 'LDAP', 'a/b', 'wso2.com', 'LDAP/a/b@wso2.com'],
    ['PRIMARY/ldap/demo', 'LDAP', 'demo', 'carbon.super', 'LDAP/demo@carbon.super'],
    ['pr\u0131mary/PRIMARY/ldap/demo', 'LDAP', 'demo', 'carbon.super', 'LDAP/demo@carbon.super'],
    ['/demo', 'PRIMARY', '/demo', 'carbon.super', '/demo@carbon.super'],
    ['@wso2.com', 'PRIMARY', '@wso2.com', 'carbon.super', '@wso2.com@carbon.super'],
  ])('%s', (login, domain, username, tenantDomain, full) => {
    const name = parseUserName(login);
    expect(name).toEqual({ domain, username, tenantDomain });
    expect(fullUserName(name)).toBe(full);
  });

  it('leaves out the super tenant for display only', () => {
    expect(displayUserName('demo@carbon.super')).toBe('demo');
    expect(displayUserName('demo@wso2.com')).toBe('demo@wso2.com');
  });

  const part = fc.stringMatching(/^[A-Za-z0-9._-]{1,20}$/);

  it('come back from their full form', () => {
    fc.assert(
      fc.property(part, part, part, (domain, username, tenant) => {
        const name = { domain: domain.toUpperCase(), username, tenantDomain: tenant.toLowerCase() };
        expect(parseUserName(fullUserName(name))).toEqual(name);
      }),
    );
  });

  const piece = fc.constantFrom('PRIMARY', 'primary', 'LDAP', 'bob', 'a', '/', '@', 'wso2.com', 'ß', '\u0131');
  const login = fc.oneof(
    wellFormedText,
    fc.array(piece).map((pieces) => pieces.join('')),
  );

  it('have one full form, whatever is sent: reading it again changes nothing', () => {
    fc.assert(
      fc.property(login, (sent) => {
        const name = parseUserName(sent);
        fc.pre(name.username !== '');
        expect(parseUserName(fullUserName(name))).toEqual(name);
      }),
      { numRuns: 1_000 },
    );
  });
});
