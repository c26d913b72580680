import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { builtInRoles } from '../users/user.js';
import { InvalidValue } from './errors.js';
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
      expect(await names('subscription')).toEqual(
        expect.arrayContaining(['AIBronze', 'AsyncGold', 'AsyncWHUnlimited']),
      );
      expect((await storage().tenants.listTenants()).map((tenant) => tenant.domain)).toContain(domain);
    });
  });

  describe('the configuration of a tenant', () => {
    it('is empty until it is written, and is given back to the letter', async () => {
      const domain = some('configured');
      const { tenantConfigs } = storage();
      expect(await tenantConfigs.findTenantConfig(domain)).toEqual({});
      const config = { z: [1.5, null, 'ü'], a: { DefaultAPILevelTier: 'x' }, DefaultAPILevelTier: '10KPerMin' };
      await tenantConfigs.saveTenantConfig(domain, config);
      expect(JSON.stringify(await tenantConfigs.findTenantConfig(domain))).toBe(JSON.stringify(config));
      await tenantConfigs.saveTenantConfig(domain, {});
      expect(await tenantConfigs.findTenantConfig(domain)).toEqual({});
      expect(await tenantConfigs.findTenantConfig('a\0b')).toEqual({});
      await expect(tenantConfigs.saveTenantConfig(domain, { a: '\0' })).rejects.toThrow(InvalidValue);
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
