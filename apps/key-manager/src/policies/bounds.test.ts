import { describe, expect, it } from 'vitest';
import { createMemoryStorage } from '../storage/memory/memory-storage.js';
import { defaultPolicies } from './default-policies.js';
import type { DenyRule } from './deny-rule.js';
import { createDenyRule } from './deny-rules.js';
import { createPolicy } from './manage-policies.js';

/** Every gateway holds all of them in memory. */
describe('a tenant', () => {
  const storage = createMemoryStorage();

  it('has a thousand policies of a level at most', async () => {
    const [first] = defaultPolicies('carbon.super');
    if (!first) throw new Error('there are built-in tiers');
    const full = { ...storage.policies, listPolicies: async () => Array.from({ length: 1_000 }, () => first as never) };
    const ports = { policies: full, tenantConfigs: storage.tenantConfigs };
    await expect(createPolicy(ports, first)).rejects.toMatchObject({ reason: 'forbidden' });
  });

  it('has ten thousand deny rules at most', async () => {
    const condition = { conditionType: 'USER', conditionValue: 'bob' } as const;
    const rule: DenyRule = { ...condition, id: 'd', tenantDomain: 'carbon.super', enabled: true, createdAt: 0 };
    const full = { ...storage.denyRules, listDenyRules: async () => Array.from({ length: 10_000 }, () => rule) };
    await expect(createDenyRule({ denyRules: full }, rule)).rejects.toMatchObject({ reason: 'forbidden' });
  });
});
