import { randomBytes, randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import type { ForeignConsumerKey, ForeignKeyManager } from '../key-managers/key-manager.js';
import { AlreadyExists, InvalidValue, NotFound } from './errors.js';
import { application, type Subject } from './fixtures.contract.js';

const some = (what: string) => `${what}-${randomBytes(5).toString('hex')}`;

export function keyManagerStoreContract({ storage, clock }: Subject): void {
  const store = () => storage().keyManagers;
  const keys = () => storage().foreignKeys;
  const changes = async (work: () => Promise<unknown>) => {
    const before = await storage().catalogFeed.revision();
    await work();
    return ((await storage().catalogFeed.eventsSince(before, 100)) ?? []).map(({ entity, id }) => `${entity} ${id}`);
  };
  const keyManager = (change: Partial<ForeignKeyManager> = {}): ForeignKeyManager => ({
    id: randomUUID(),
    tenantDomain: 'carbon.super',
    name: some('km'),
    type: 'KeyCloak',
    enabled: true,
    issuer: `https://${some('issuer')}.example.com`,
    tokenType: 'DIRECT',
    body: { alias: 'us', additionalProperties: { client_id: 'a', list: [1, null] } },
    createdAt: clock.now(),
    ...change,
  });
  const foreignKey = (of: ForeignKeyManager, change: Partial<ForeignConsumerKey> = {}): ForeignConsumerKey => ({
    keyMappingId: randomUUID(),
    tenantDomain: 'carbon.super',
    applicationId: 'none',
    keyManagerId: of.id,
    keyManagerName: of.name,
    consumerKey: some('consumer'),
    keyType: 'PRODUCTION',
    createdAt: clock.now(),
    ...change,
  });
  const anApplication = async () => {
    const made = application();
    await storage().applications.createApplication(made);
    return made.id;
  };

  it('finds a key manager in its own tenant, and by id for gateways', async () => {
    const made = keyManager();
    const told = [`key_manager ${made.id}`];
    expect(await changes(() => store().createKeyManager(made))).toEqual(told);
    expect(await store().findKeyManager('carbon.super', made.id)).toEqual(made);
    expect(await store().findKeyManager('elsewhere.com', made.id)).toBeUndefined();
    expect(await store().findKeyManagerById(made.id)).toEqual(made);
    expect(await store().listKeyManagers('carbon.super')).toContainEqual(made);
    expect((await storage().catalogFeed.snapshot('Default')).keyManagers).toContainEqual(made);
    expect(await store().deleteKeyManager('elsewhere.com', made.id)).toBe(false);
    expect(await changes(() => store().deleteKeyManager('carbon.super', made.id))).toEqual(told);
    expect(await store().deleteKeyManager('carbon.super', made.id)).toBe(false);
    expect(await store().findKeyManagerById(made.id)).toBeUndefined();
  });

  it('lets a name be taken once in a tenant', async () => {
    const made = keyManager();
    await store().createKeyManager(made);
    await expect(store().createKeyManager(keyManager({ name: made.name }))).rejects.toThrow(AlreadyExists);
    await store().createKeyManager(keyManager({ name: made.name, tenantDomain: some('tenant') }));
    await expect(store().createKeyManager(keyManager({ issuer: 'nul\0' }))).rejects.toThrow(InvalidValue);
  });

  it('changes all but what names it', async () => {
    const made = keyManager();
    await store().createKeyManager(made);
    const change = { enabled: false, issuer: 'other', tokenType: 'BOTH', body: { description: 'changed' } } as const;
    const given = { ...made, ...change, name: 'ignored', type: 'ignored', createdAt: 1 };
    expect(await changes(() => store().updateKeyManager(given))).toEqual([`key_manager ${made.id}`]);
    expect(await store().findKeyManager('carbon.super', made.id)).toEqual({ ...made, ...change });
    expect(await store().updateKeyManager({ ...given, tenantDomain: 'elsewhere.com' })).toBe(false);
  });

  it('knows those of an issuer that are switched on, the oldest first', async () => {
    const first = keyManager();
    const later = keyManager({ issuer: first.issuer, createdAt: first.createdAt + 1 });
    for (const each of [later, first, keyManager({ issuer: first.issuer, enabled: false })]) {
      await store().createKeyManager(each);
    }
    expect(await store().findKeyManagersByIssuer('carbon.super', first.issuer)).toEqual([first, later]);
    expect(await store().findKeyManagersByIssuer('elsewhere.com', first.issuer)).toEqual([]);
    expect(await store().findKeyManagersByIssuer('carbon.super', 'nul\0')).toEqual([]);
  });

  it('keeps consumer keys of applications, each once', async () => {
    const [made, other, applicationId] = [keyManager(), keyManager(), await anApplication()];
    for (const each of [made, other]) await store().createKeyManager(each);
    const key = foreignKey(made, { applicationId });
    const told = [`consumer_key ${key.keyMappingId}`];
    expect(await changes(() => keys().addForeignKey(key))).toEqual(told);
    expect(await keys().findForeignKey(key.keyMappingId)).toEqual(key);
    expect((await storage().catalogFeed.snapshot('Default')).foreignKeys).toContainEqual(key);
    const same = foreignKey(made, { applicationId: await anApplication(), consumerKey: key.consumerKey });
    await expect(keys().addForeignKey(same)).rejects.toThrow(AlreadyExists);
    await expect(keys().addForeignKey(foreignKey(made, { applicationId }))).rejects.toThrow(AlreadyExists);
    const elsewhere = foreignKey(other, { applicationId, consumerKey: key.consumerKey, createdAt: key.createdAt + 1 });
    await keys().addForeignKey(elsewhere);
    expect(await keys().listForeignKeys(applicationId)).toEqual([key, elsewhere]);
    expect(await keys().deleteForeignKey('none', key.keyMappingId)).toBe(false);
    expect(await changes(() => keys().deleteForeignKey(applicationId, key.keyMappingId))).toEqual(told);
    expect(await keys().findForeignKey(key.keyMappingId)).toBeUndefined();
    await expect(keys().addForeignKey(foreignKey(made))).rejects.toThrow(NotFound);
    await expect(keys().addForeignKey(foreignKey(keyManager(), { applicationId }))).rejects.toThrow(NotFound);
  });

  it.each(['key manager', 'application'])('ends consumer keys with their %s', async (what) => {
    const [made, applicationId] = [keyManager(), await anApplication()];
    await store().createKeyManager(made);
    const key = foreignKey(made, { applicationId });
    await keys().addForeignKey(key);
    const told = await changes(() =>
      what === 'application'
        ? storage().applications.deleteApplication(applicationId)
        : store().deleteKeyManager('carbon.super', made.id),
    );
    expect(told).toContain(`consumer_key ${key.keyMappingId}`);
    expect(await keys().listForeignKeys(applicationId)).toEqual([]);
  });
}
