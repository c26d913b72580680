import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ThrottlingPolicy } from '../policies/policy.js';
import { builtInRoles } from '../users/user.js';
import type { Subject } from './fixtures.contract.js';

const some = (what: string) => `${what}${randomBytes(5).toString('hex')}.test`;

export function tenantStoreContract({ storage }: Subject): void {
  describe('tenants', () => {
    it('start with roles and tiers, once, also when two servers start at once', async () => {
      const domain = some('seeded');
      expect(await storage().tenants.findTenant(domain)).toBeUndefined();
      await Promise.all([storage().tenants.seedTenant(domain), storage().tenants.seedTenant(domain)]);
      const { createdAt } = (await storage().tenants.findTenant(domain)) ?? {};
      expect(await storage().tenants.findTenant(domain)).toEqual({ domain, active: true, createdAt });
      const roles = await storage().users.listRoles(domain);
      expect(roles.map(({ name }) => name)).toEqual([...builtInRoles].sort());
      const names = async (level: 'application' | 'advanced' | 'subscription') =>
        (await storage().policies.listPolicies(domain, level)).map(({ name }) => name);
      expect(await names('application')).toEqual(['10PerMin', '20PerMin', '50PerMin', 'Unlimited']);
      expect(await names('advanced')).toEqual(['10KPerMin', '20KPerMin', '50KPerMin', 'Unlimited']);
      expect(await names('subscription')).toEqual(
        expect.arrayContaining(['Bronze', 'DefaultSubscriptionless', 'Gold', 'Silver', 'Unlimited']),
      );
      expect((await storage().tenants.listTenants()).map((tenant) => tenant.domain)).toContain(domain);
    });
  });

  describe('policies', () => {
    it('are seeded where they are missing and left alone where they are not', async () => {
      const tenantDomain = some('policies');
      const policy: ThrottlingPolicy = {
        ...{ id: randomUUID(), tenantDomain, level: 'application', name: 'Mine', displayName: 'M', description: 'd' },
        ...{ quota: { requestCount: 5, unitTime: 2, timeUnit: 'hour' }, stopOnQuotaReach: false, billingPlan: 'FREE' },
      };
      const { quota: _, ...unlimited } = { ...policy, id: randomUUID(), name: 'Free' };
      await storage().policies.seedPolicies([policy, unlimited]);
      await storage().policies.seedPolicies([{ ...policy, id: randomUUID(), displayName: 'Other' }]);
      expect(await storage().policies.listPolicies(tenantDomain, 'application')).toEqual([unlimited, policy]);
      expect(await storage().policies.findPolicy(tenantDomain, 'application', 'Mine')).toEqual(policy);
      expect(await storage().policies.findPolicy(tenantDomain, 'advanced', 'Mine')).toBeUndefined();
    });
  });

  describe('usage counts and audit events', () => {
    it('are taken, also at once and with a count named twice', async () => {
      const count = { minute: 60_000, apiId: randomUUID(), applicationId: 'app', statusClass: 2, requests: 5 };
      const other = { ...count, apiId: randomUUID() };
      await Promise.all([
        storage().usage.addUsage([count, other, count]),
        storage().usage.addUsage([other, count]),
        storage().usage.addUsage([]),
      ]);
    });

    it('are recorded whatever somebody typed', async () => {
      await storage().auditLog.record({
        tenantDomain: 'carbon.super',
        actor: 'a\0b\ud800',
        action: 'refresh_token.reused',
        target: 'grant',
        clientAddress: '127.0.0.1',
        detail: { generation: 2, replay: true },
      });
    });
  });
}
