import { describe, expect, it } from 'vitest';
import { plainPlan } from './default-policies.js';
import { mayUseTier } from './permissions.js';
import type { PolicyPermissions } from './policy.js';

describe('who may subscribe at a tier', () => {
  it.each<[PolicyPermissions | null, readonly string[], boolean]>([
    [null, [], true],
    [{ permissionType: 'ALLOW', roles: ['gold'] }, ['gold', 'x'], true],
    [{ permissionType: 'ALLOW', roles: ['gold'] }, ['x'], false],
    [{ permissionType: 'ALLOW', roles: ['gold'] }, [], false],
    [{ permissionType: 'ALLOW', roles: [] }, ['x'], false],
    [{ permissionType: 'ALLOW', roles: ['Internal/everyone'] }, [], true],
    [{ permissionType: 'DENY', roles: ['poor'] }, ['poor', 'x'], false],
    [{ permissionType: 'DENY', roles: ['poor'] }, ['Poor'], true],
    [{ permissionType: 'DENY', roles: [] }, [], true],
    [{ permissionType: 'DENY', roles: ['Internal/everyone'] }, ['x'], false],
  ])('%j with roles %j: %s', (permissions, roles, expected) => {
    const facts = { id: 'p', tenantDomain: 't', name: 'n', displayName: '', description: '' };
    const requestCount = { timeUnit: 'min', unitTime: 1, requestCount: 1 };
    const defaultLimit = { type: 'REQUESTCOUNTLIMIT', requestCount } as const;
    expect(mayUseTier({ ...facts, ...plainPlan, level: 'subscription', defaultLimit, permissions }, roles)).toBe(
      expected,
    );
  });
});
