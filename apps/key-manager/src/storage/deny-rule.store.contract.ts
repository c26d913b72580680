import { randomBytes, randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import type { DenyCondition, DenyRule } from '../policies/deny-rule.js';
import { AlreadyExists, InvalidValue } from './errors.js';
import type { Subject } from './fixtures.contract.js';

export function denyRuleStoreContract({ storage, clock }: Subject): void {
  const store = () => storage().denyRules;
  const tenantDomain = `denied${randomBytes(5).toString('hex')}.test`;
  const rule = (condition: DenyCondition): DenyRule => ({
    id: randomUUID(),
    tenantDomain,
    enabled: true,
    createdAt: clock.tick(),
    ...condition,
  });
  const range = { startingIp: '10.0.0.1', endingIp: '10.0.0.9', invert: true };

  async function changesOf(work: () => Promise<unknown>): Promise<string[]> {
    const before = await storage().catalogFeed.revision();
    await work();
    const events = (await storage().catalogFeed.eventsSince(before, 100)) ?? [];
    return events.map(({ entity, id }) => `${entity} ${id}`);
  }

  it.each<DenyCondition>([
    { conditionType: 'API', conditionValue: '/pets/1.0.0' },
    { conditionType: 'APPLICATION', conditionValue: 'bob:App' },
    { conditionType: 'USER', conditionValue: 'bob@carbon.super' },
    { conditionType: 'IP', conditionValue: { fixedIp: '10.0.0.1', invert: false } },
    { conditionType: 'IPRANGE', conditionValue: range },
  ])('for $conditionType are kept, switched off and deleted, and gateways hear of it', async (condition) => {
    const made = rule(condition);
    const event = [`deny_rule ${made.id}`];
    expect(await changesOf(() => store().createDenyRule(made))).toEqual(event);
    expect(await store().findDenyRule(made.id)).toEqual(made);
    expect((await store().listDenyRules(tenantDomain)).at(-1)).toEqual(made);
    expect((await storage().catalogFeed.snapshot('Default')).denyRules).toContainEqual(made);

    const refused = async () =>
      expect(store().createDenyRule({ ...made, id: randomUUID() })).rejects.toThrow(AlreadyExists);
    expect(await changesOf(refused)).toEqual([]);
    await store().createDenyRule({ ...made, id: randomUUID(), tenantDomain: `${randomUUID()}.test` });

    const off = { ...made, enabled: false };
    let changed: DenyRule | undefined;
    const disable = async () => {
      changed = await store().enableDenyRule(tenantDomain, made.id, false);
    };
    expect(await changesOf(disable)).toEqual(event);
    expect(changed).toEqual(off);
    expect(await store().findDenyRule(made.id)).toEqual(off);

    expect(await store().enableDenyRule('elsewhere.test', made.id, true)).toBeUndefined();
    expect(await store().deleteDenyRule('elsewhere.test', made.id)).toBe(false);
    expect(await changesOf(() => store().deleteDenyRule(tenantDomain, made.id))).toEqual(event);
    expect(await store().findDenyRule(made.id)).toBeUndefined();
    expect(await changesOf(() => store().deleteDenyRule(tenantDomain, made.id))).toEqual([]);
  });

  it('takes no text that cannot be kept', async () => {
    const unkept = rule({ conditionType: 'USER', conditionValue: 'a\0' });
    await expect(store().createDenyRule(unkept)).rejects.toThrow(InvalidValue);
    expect(await store().findDenyRule('a\0')).toBeUndefined();
  });
}
