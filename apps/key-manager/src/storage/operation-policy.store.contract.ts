import { randomBytes, randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import type { OperationPolicy } from '../apis/operation-policies/operation-policy.js';
import { AlreadyExists } from './errors.js';
import type { Subject } from './fixtures.contract.js';

export function operationPolicyStoreContract({ storage, clock }: Subject): void {
  const store = () => storage().operationPolicies;
  const policy = (change: Partial<OperationPolicy> = {}): OperationPolicy => ({
    id: randomUUID(),
    tenantDomain: 'carbon.super',
    name: `policy-${randomBytes(5).toString('hex')}`,
    version: 'v1',
    displayName: 'Name it',
    description: 'd',
    category: 'Mediation',
    applicableFlows: ['request', 'fault'],
    supportedApiTypes: ['HTTP'],
    attributes: [{ name: 'value', displayName: 'Value', description: '', required: true, type: 'String' }],
    steps: [{ name: 'addHeader', parameters: { headerName: 'X-A', headerValue: '{{value}}' } }],
    createdAt: clock.now(),
    ...change,
  });

  it('gives back what was uploaded, in its own tenant', async () => {
    const made = policy();
    await store().createOperationPolicy(made);
    expect(await store().listOperationPolicies('carbon.super')).toContainEqual(made);
    expect(await store().listOperationPolicies('elsewhere.com')).not.toContainEqual(made);
  });

  it('lists by name and version', async () => {
    const tenantDomain = `${randomBytes(4).toString('hex')}.com`;
    for (const [name, version] of [
      ['b', 'v1'],
      ['a', 'v2'],
      ['a', 'v1'],
    ] as const) {
      await store().createOperationPolicy(policy({ tenantDomain, name, version }));
    }
    const listed = await store().listOperationPolicies(tenantDomain);
    expect(listed.map(({ name, version }) => `${name} ${version}`)).toEqual(['a v1', 'a v2', 'b v1']);
  });

  it('has each version of a name once', async () => {
    const made = policy();
    await store().createOperationPolicy(made);
    await expect(store().createOperationPolicy({ ...made, id: randomUUID() })).rejects.toThrow(AlreadyExists);
    await store().createOperationPolicy({ ...made, id: randomUUID(), version: 'v2' });
    await store().createOperationPolicy({ ...made, id: randomUUID(), tenantDomain: 'elsewhere.com' });
  });
}
