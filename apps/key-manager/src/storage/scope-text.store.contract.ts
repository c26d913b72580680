import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { api, apiBody, type Subject } from './fixtures.contract.js';

export function scopeTextStoreContract({ storage, clock }: Subject): void {
  const describe = (...names: string[]) => storage().scopeTexts.describeScopes('carbon.super', names);
  const declaring = (name: string, displayName?: string) =>
    apiBody({
      scopes: [
        {
          scope: { name, displayName, description: displayName && `${displayName} at length`, bindings: [] },
          shared: false,
        },
        { scope: { name: `${name}-other`, bindings: [] }, shared: false },
      ],
    });

  it('words scopes as they were registered, and leaves out those that nobody registered', async () => {
    const [shared, local] = [`shared-${randomUUID()}`, `local-${randomUUID()}`];
    await storage().sharedScopes.createScope({
      ...{ id: randomUUID(), tenantDomain: 'carbon.super', name: shared },
      ...{ displayName: 'Read orders', description: 'All of them', bindings: [] },
    });
    await storage().apis.createApi(api({ body: declaring(local, 'Write orders') }));
    expect(await describe(shared, local, `${local}-other`, 'unknown', 'no\0text')).toEqual(
      new Map([
        [shared, { displayName: 'Read orders', description: 'All of them' }],
        [local, { displayName: 'Write orders', description: 'Write orders at length' }],
        [`${local}-other`, { displayName: '', description: '' }],
      ]),
    );
    expect((await storage().scopeTexts.describeScopes('elsewhere', [shared, local])).size).toBe(0);
  });

  it('lets no later API word a scope that another one has declared', async () => {
    const name = `scope-${randomUUID()}`;
    await storage().apis.createApi(api({ body: declaring(name, 'Delete everything'), createdAt: clock.tick() }));
    await storage().apis.createApi(api({ body: declaring(name, 'Something harmless'), createdAt: clock.tick() }));
    expect((await describe(name)).get(name)?.displayName).toBe('Delete everything');
  });
}
