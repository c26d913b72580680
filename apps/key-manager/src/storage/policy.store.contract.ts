import { randomBytes, randomUUID } from 'node:crypto';
import { beforeAll, expect, it } from 'vitest';
import { defaultPolicies, plainPlan } from '../policies/default-policies.js';
import type { AdvancedPolicy, ApplicationPolicy, CustomRule, SubscriptionPolicy } from '../policies/policy.js';
import { AlreadyExists, InvalidValue } from './errors.js';
import { api, apiBody, application, type Subject, subscription } from './fixtures.contract.js';

const some = (what: string) => `${what}${randomBytes(5).toString('hex')}`;
const limit = { type: 'REQUESTCOUNTLIMIT', requestCount: { timeUnit: 'hours', unitTime: 2, requestCount: 5 } } as const;

export function policyStoreContract({ storage, clock }: Subject): void {
  const store = () => storage().policies;
  const tenantDomain = `${some('policies')}.test`;
  const facts = () => ({
    id: randomUUID(),
    tenantDomain,
    name: some('Tier'),
    displayName: 'Shown',
    description: 'said',
    defaultLimit: limit,
  });
  const appTier = (): ApplicationPolicy => ({ ...facts(), level: 'application' });
  const plan = (): SubscriptionPolicy => ({
    ...plainPlan,
    ...facts(),
    level: 'subscription',
    rateLimitCount: 7,
    rateLimitTimeUnit: 'sec',
    stopOnQuotaReach: false,
    customAttributes: [{ name: 'a', value: 'b' }],
    monetization: { monetizationPlan: 'FIXEDRATE', properties: { price: '1' } },
    permissions: { permissionType: 'ALLOW', roles: ['gold'] },
  });
  const advanced = (): AdvancedPolicy => ({
    ...facts(),
    level: 'advanced',
    conditionalGroups: [
      {
        description: 'g',
        conditions: [
          {
            invertCondition: true,
            type: 'HEADERCONDITION',
            headerCondition: { headerName: 'X-A', headerValue: 'a.*' },
          },
        ],
        limit: { type: 'BANDWIDTHLIMIT', bandwidth: { timeUnit: 'min', unitTime: 1, dataAmount: 1, dataUnit: 'MB' } },
      },
    ],
  });
  const rule = (): CustomRule => {
    const { defaultLimit: _, ...rest } = facts();
    return { ...rest, level: 'custom', siddhiQuery: 'FROM RequestStream', keyTemplate: '$apiContext' };
  };

  async function changesOf(work: () => Promise<unknown>): Promise<string[]> {
    const before = await storage().catalogFeed.revision();
    await work();
    const events = (await storage().catalogFeed.eventsSince(before, 1_000)) ?? [];
    return events.map(({ entity, id }) => `${entity} ${id}`);
  }

  beforeAll(() => storage().tenants.seedTenant(tenantDomain));

  it('are seeded with the tenant, once and for all', async () => {
    const domain = `${some('seeds')}.test`;
    const expected = defaultPolicies(domain);
    const changes = await changesOf(() => storage().tenants.seedTenant(domain));
    expect(changes.sort()).toEqual(expected.map(({ id }) => `throttling_policy ${id}`).sort());
    for (const policy of expected) expect(await store().findPolicyById(policy.id)).toEqual(policy);
    const [first] = expected;
    if (first) expect(await store().deletePolicy(first)).toBe('deleted');
    expect(await changesOf(() => storage().tenants.seedTenant(domain))).toEqual([]);
    expect(await store().findPolicyById(first?.id ?? '')).toBeUndefined();
  });

  it.each([
    ['application', appTier],
    ['subscription', plan],
    ['advanced', advanced],
    ['custom', rule],
  ] as const)('of level %s are kept whole, changed and deleted, and gateways hear of it', async (level, make) => {
    const made = make();
    const event = [`throttling_policy ${made.id}`];
    expect(await changesOf(() => store().createPolicy(made))).toEqual(event);
    expect(await store().findPolicyById(made.id)).toEqual(made);
    expect(await store().findPolicy(tenantDomain, level, made.name)).toEqual(made);
    expect(await store().findPolicy('elsewhere.test', level, made.name)).toBeUndefined();
    expect(await store().listPolicies(tenantDomain, level)).toContainEqual(made);
    expect((await storage().catalogFeed.snapshot('Default')).throttlingPolicies).toContainEqual(made);

    const changed = { ...made, displayName: 'Other', description: '' };
    expect(await changesOf(() => store().updatePolicy({ ...changed, name: 'ignored' }))).toEqual(event);
    expect(await store().findPolicyById(made.id)).toEqual(changed);
    expect(await changesOf(() => store().deletePolicy(made))).toEqual(event);
    expect(await store().findPolicyById(made.id)).toBeUndefined();
    expect(await changesOf(async () => expect(await store().deletePolicy(made)).toBe('missing'))).toEqual([]);
    expect(await changesOf(async () => expect(await store().updatePolicy(made)).toBe(false))).toEqual([]);
  });

  it('have names of their own per tenant and level', async () => {
    const made = appTier();
    await store().createPolicy(made);
    const again = { ...made, id: randomUUID() };
    const refused = async () => expect(store().createPolicy(again)).rejects.toThrow(AlreadyExists);
    expect(await changesOf(refused)).toEqual([]);
    await store().createPolicy({ ...again, tenantDomain: 'elsewhere.test' });
    await store().createPolicy({ ...advanced(), name: made.name });
    await expect(store().createPolicy({ ...appTier(), description: '\0' })).rejects.toThrow(InvalidValue);
    expect(await store().findPolicy(tenantDomain, 'application', 'a\0b')).toBeUndefined();
  });

  it('of another tenant or level are neither changed nor deleted', async () => {
    const made = appTier();
    await store().createPolicy(made);
    const foreign = { ...made, tenantDomain: 'elsewhere.test' };
    expect(await store().updatePolicy(foreign)).toBe(false);
    expect(await store().deletePolicy(foreign)).toBe('missing');
    expect(await store().deletePolicy({ ...advanced(), id: made.id })).toBe('missing');
    expect(await store().findPolicyById(made.id)).toEqual(made);
  });

  it('stay while an application or a subscription is limited by them', async () => {
    const [tier, sold] = [appTier(), plan()];
    await store().createPolicy(tier);
    await store().createPolicy(sold);
    const app = application({ tenantDomain, throttlingPolicy: tier.name });
    const sells = api({ tenantDomain, body: apiBody({ policies: [sold.name] }) });
    await storage().applications.createApplication(app);
    await storage().apis.createApi(sells);
    // Being on offer is no use: the API loses the tier in silence.
    const offered = plan();
    await store().createPolicy(offered);
    await storage().apis.updateApi(sells.id, { body: apiBody({ policies: [sold.name, offered.name] }) });
    expect(await store().deletePolicy(offered)).toBe('deleted');

    const bought = subscription(app.id, sells.id, { tenantDomain: 'elsewhere.test', throttlingPolicy: sold.name });
    await storage().subscriptions.createSubscription(bought);
    expect(await changesOf(() => store().deletePolicy(tier))).toEqual([]);
    expect(await store().deletePolicy(tier)).toBe('used');
    expect(await store().deletePolicy(sold)).toBe('used');
    await storage().subscriptions.deleteSubscription(bought.id);
    await storage().applications.deleteApplication(app.id);
    expect(await store().deletePolicy(tier)).toBe('deleted');
    expect(await store().deletePolicy(sold)).toBe('deleted');
  });

  it('stay while an API or a resource is limited by them, as it is or as it is deployed', async () => {
    const [whole, part] = [advanced(), advanced()];
    await store().createPolicy(whole);
    await store().createPolicy(part);
    const operation = { ...{ id: 'o', target: '/*', verb: 'GET', authType: 'None', scopes: [] } };
    const limited = apiBody({
      apiThrottlingPolicy: whole.name,
      operations: [{ ...operation, throttlingPolicy: part.name }],
    });
    const made = api({ tenantDomain, body: limited });
    await storage().apis.createApi(made);
    expect(await store().deletePolicy(whole)).toBe('used');
    expect(await store().deletePolicy(part)).toBe('used');
    const revision = await storage().apis.createRevision(made.id, '');
    await storage().apis.deploy({
      ...{ apiId: made.id, environment: 'Default', vhost: 'localhost', revisionId: revision.id },
      ...{ displayOnDevportal: true, deployedAt: clock.now() },
    });
    await storage().apis.updateApi(made.id, { body: apiBody() });
    expect(await store().deletePolicy(whole)).toBe('used');
    await storage().apis.undeploy(made.id, 'Default');
    expect(await store().deletePolicy(whole)).toBe('deleted');
    expect(await store().deletePolicy(part)).toBe('deleted');
  });

  it('a reset of counters is said once and kept nowhere', async () => {
    const id = randomUUID();
    const before = await storage().catalogFeed.snapshot('Default');
    const changes = await changesOf(() => store().resetCounters(id, 'bob@carbon.super'));
    expect(changes).toEqual([`throttle_reset ${id}\nbob@carbon.super`]);
    const after = await storage().catalogFeed.snapshot('Default');
    expect(after).toEqual({ ...before, revision: before.revision + 1 });
    await expect(store().resetCounters(id, '\0')).rejects.toThrow(InvalidValue);
  });
}
