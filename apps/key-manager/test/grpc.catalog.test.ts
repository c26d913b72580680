import { randomUUID } from 'node:crypto';
import type { Client } from '@grpc/grpc-js';
import { type CatalogChange, type CatalogMessage, CatalogServiceClient } from '@keygate/proto/keymanager/v1/catalog';
import { KeyType } from '@keygate/proto/keymanager/v1/key_validation';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seedDemo } from '../src/admin/index.js';
import type { ForeignKeyManager } from '../src/key-managers/key-manager.js';
import { defaultPolicies } from '../src/policies/default-policies.js';
import { application } from '../src/storage/fixtures.contract.js';
import { eachStorage } from './support/each-storage.js';
import { seedClient, startTestKeyManager, type TestKeyManager } from './support/key-manager.js';
import { Heard } from './support/streams.js';

describe.each(eachStorage)('CatalogService.Watch, $name storage', ({ openStorage }) => {
  let keyManager: TestKeyManager;
  let catalog: CatalogServiceClient;
  const clients: Client[] = [];
  const watch = (revision: number) => new Heard(catalog.watch({ revision, environment: 'Default', gatewayId: 'test' }));
  const snapshotOf = ({ content }: CatalogMessage) => content?.$case === 'snapshot' && content.snapshot;
  const heartbeatOf = ({ content }: CatalogMessage) => content?.$case === 'heartbeat' && content.heartbeat;
  const changeOf =
    (kind: NonNullable<CatalogChange['change']>['$case']) =>
    ({ content }: CatalogMessage) =>
      content?.$case === 'change' && content.change.change?.$case === kind && content.change;

  beforeAll(async () => {
    keyManager = await startTestKeyManager({ openStorage });
    catalog = new CatalogServiceClient(keyManager.channel.address, keyManager.channel.credentials);
    clients.push(catalog);
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    await keyManager.stop();
  });

  it('begins with a snapshot, then sends each change in order', async () => {
    const heard = watch(0);
    const empty = await heard.first(snapshotOf);
    expect(empty).toMatchObject({ apis: [], applications: [], consumerKeys: [], subscriptions: [] });
    await seedDemo(keyManager.config, keyManager, { backendUrl: 'http://127.0.0.1:4000' });
    await heard.first(changeOf('subscription'));
    const all = heard.messages.flatMap((message) => {
      const { content } = message;
      if (content?.$case === 'snapshot') return content.snapshot.apis.map(({ name }) => name);
      if (content?.$case === 'change' && content.change.change?.$case === 'api') return content.change.change.api.name;
      return [];
    });
    expect(all).toContain('PetStore');
    const revisions = heard.messages.flatMap(({ content }) =>
      content?.$case === 'change' ? content.change.revision : [],
    );
    expect(revisions).toEqual([...revisions].sort((a, b) => a - b));
    expect(new Set(revisions).size).toBe(revisions.length);
    heard.stream.cancel();
  });
  it('sends key managers of others while they are switched on, with the consumer keys there', async () => {
    const { storage } = keyManager;
    const heard = watch(0);
    await heard.first(snapshotOf);
    const made: ForeignKeyManager = {
      ...{ id: randomUUID(), tenantDomain: 'carbon.super', name: 'Theirs', type: 'KeyCloak', enabled: true },
      ...{ issuer: 'https://theirs.example.com', tokenType: 'DIRECT', createdAt: 7 },
      body: {
        certificates: { type: 'JWKS', value: 'https://theirs.example.com/jwks' },
        claimMapping: [{ remoteClaim: 'mail', localClaim: 'email' }],
        ...{ consumerKeyClaim: 'azp', scopesClaim: 'scp', additionalProperties: { client_secret: 'sealed' } },
      },
    };
    await storage.keyManagers.createKeyManager(made);
    const change = await heard.first(changeOf('keyManager'));
    const { body: _, type: __, ...facts } = made;
    const jwksUri = 'https://theirs.example.com/jwks';
    const sent = {
      ...facts,
      jwksUri,
      pem: '',
      consumerKeyClaim: 'azp',
      scopesClaim: 'scp',
      claimMapping: { mail: 'email' },
    };
    expect(change?.change).toEqual({ $case: 'keyManager', keyManager: sent });
    const app = application();
    await storage.applications.createApplication(app);
    const keyMappingId = randomUUID();
    await storage.foreignKeys.addForeignKey({
      ...{ keyMappingId, tenantDomain: 'carbon.super', applicationId: app.id, keyManagerId: made.id },
      ...{ keyManagerName: 'Theirs', consumerKey: 'at-theirs', keyType: 'SANDBOX', createdAt: 8 },
    });
    const consumerKey = {
      ...{ id: keyMappingId, consumerKey: 'at-theirs', applicationId: app.id, keyManager: 'Theirs' },
      keyType: KeyType.KEY_TYPE_SANDBOX,
    };
    const isTheirs = (message: CatalogMessage) => {
      const heardOf = changeOf('consumerKey')(message);
      return (
        heardOf && heardOf.change?.$case === 'consumerKey' && heardOf.change.consumerKey.id === keyMappingId && heardOf
      );
    };
    expect((await heard.first(isTheirs)).change).toEqual({ $case: 'consumerKey', consumerKey });
    const again = watch(0);
    const snapshot = await again.first(snapshotOf);
    expect(snapshot).toMatchObject({ keyManagers: [sent], consumerKeys: expect.arrayContaining([consumerKey]) });
    again.stream.cancel();
    await storage.keyManagers.updateKeyManager({ ...made, enabled: false });
    expect((await heard.first(changeOf('keyManagerDeleted'))).change).toMatchObject({ keyManagerDeleted: made.id });
    await storage.keyManagers.deleteKeyManager('carbon.super', made.id);
    expect((await heard.first(changeOf('consumerKeyDeleted'))).change).toMatchObject({
      consumerKeyDeleted: keyMappingId,
    });
    heard.stream.cancel();
  });

  it('sends throttling policies and deny rules, in the snapshot and as they change', async () => {
    const { storage } = keyManager;
    const heard = watch(0);
    const snapshot = await heard.first(snapshotOf);
    const [, tier] = defaultPolicies('carbon.super');
    if (tier?.level !== 'application') throw new Error('the second built-in tier is one of applications');
    const sent = snapshot.throttlingPolicies.find(({ id }) => id === tier.id);
    expect(sent).toMatchObject({ name: '10PerMin', defaultLimit: { amount: 10, windowMillis: 60_000 } });

    const requestCount = { timeUnit: 'min', unitTime: 1, requestCount: 11 };
    await storage.policies.updatePolicy({ ...tier, defaultLimit: { type: 'REQUESTCOUNTLIMIT', requestCount } });
    const changed = await heard.first(changeOf('throttlingPolicy'));
    expect(changed.change).toMatchObject({ throttlingPolicy: { id: tier.id, defaultLimit: { amount: 11 } } });
    await storage.policies.deletePolicy(tier);
    expect(await heard.first(changeOf('throttlingPolicyDeleted'))).toMatchObject({
      change: { throttlingPolicyDeleted: tier.id },
    });

    const id = randomUUID();
    const condition = { conditionType: 'USER', conditionValue: 'bob@carbon.super' } as const;
    await storage.denyRules.createDenyRule({
      ...condition,
      id,
      tenantDomain: 'carbon.super',
      enabled: true,
      createdAt: 1,
    });
    expect((await heard.first(changeOf('denyRule'))).change).toMatchObject({
      denyRule: { id, subject: { $case: 'user', user: 'bob@carbon.super' } },
    });
    await storage.denyRules.deleteDenyRule('carbon.super', id);
    expect((await heard.first(changeOf('denyRuleDeleted'))).change).toMatchObject({ denyRuleDeleted: id });

    await storage.policies.resetCounters('app-1', 'bob@carbon.super');
    expect((await heard.first(changeOf('throttleReset'))).change).toMatchObject({
      throttleReset: { applicationId: 'app-1', user: 'bob@carbon.super' },
    });
    heard.stream.cancel();
  });

  it('resumes without a snapshot after the last revision', async () => {
    const revision = await keyManager.storage.catalogFeed.revision();
    const heard = watch(revision);
    expect(await heard.first(heartbeatOf)).toBe(revision);
    const { clientId } = await seedClient(keyManager.storage, { clientId: `resumed${randomUUID().slice(0, 8)}` });
    await keyManager.storage.clientRegistry.deleteRegistration(clientId);
    const change = await heard.first(changeOf('consumerKeyDeleted'));
    expect(change.revision).toBeGreaterThan(revision);
    expect(heard.messages.some(snapshotOf)).toBe(false);
    heard.stream.cancel();
  });

  it('starts over with a snapshot for a revision it cannot know', async () => {
    const heard = watch(1_000_000);
    const snapshot = await heard.first(snapshotOf);
    expect(snapshot.revision).toBe(await keyManager.storage.catalogFeed.revision());
    heard.stream.cancel();
  });

  it('sends a heartbeat when there is nothing to say', async () => {
    const heard = watch(await keyManager.storage.catalogFeed.revision());
    await heard.first(() => heard.messages.filter(heartbeatOf).length >= 2);
    heard.stream.cancel();
  });
});
