import type { Client } from '@grpc/grpc-js';
import { waitUntil } from '@keygate/common/testing';
import { type RevocationMessage, RevocationServiceClient } from '@keygate/proto/keymanager/v1/revocation';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eachStorage } from './support/each-storage.js';
import { alice, seedFixtures, startTestKeyManager, type TestKeyManager } from './support/key-manager.js';
import { Heard } from './support/streams.js';

describe.each(eachStorage)('RevocationService.Watch, $name storage', ({ openStorage }) => {
  let keyManager: TestKeyManager;
  let authorization: string;
  let revocations: RevocationServiceClient;
  const clients: Client[] = [];
  const watch = (cursor: number) => new Heard(revocations.watch({ cursor, gatewayId: 'test' }));
  const heartbeatOf = ({ content }: RevocationMessage) =>
    content?.$case === 'heartbeat' ? { seq: content.heartbeat } : undefined;
  const revocationOf = ({ content }: RevocationMessage) => content?.$case === 'revocation' && content.revocation;

  beforeAll(async () => {
    keyManager = await startTestKeyManager({ openStorage });
    ({ authorization } = await seedFixtures(keyManager.storage));
    await keyManager.createUser(alice.username, alice.password, []);
    revocations = new RevocationServiceClient(keyManager.channel.address, keyManager.channel.credentials);
    clients.push(revocations);
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    await keyManager.stop();
  });

  const revokeOne = async () => {
    const { body } = await keyManager.post('/oauth2/token', { grant_type: 'password', ...alice }, authorization);
    const { status } = await keyManager.post('/oauth2/revoke', { token: String(body.access_token) }, authorization);
    expect(status).toBe(200);
  };

  it('tells of a revocation at once, and only of what is new', async () => {
    await revokeOne();
    const heard = watch(0);
    const { seq } = await heard.first(heartbeatOf);
    expect(seq).toBeGreaterThan(0);
    await revokeOne();
    const revocation = await heard.first(revocationOf);
    expect(revocation.seq).toBeGreaterThan(seq);
    expect(['tokenHash', 'grantId']).toContain(revocation.target?.$case);
    heard.stream.cancel();
  });

  it('repeats what came after the cursor', async () => {
    const cursor = await keyManager.storage.revocationFeed.seq();
    await revokeOne();
    await revokeOne();
    const heard = watch(cursor);
    await heard.first(() => heard.messages.filter(revocationOf).length >= 2);
    heard.stream.cancel();
  });

  it('says reset for a cursor it cannot know', async () => {
    const heard = watch(1_000_000);
    const seq = await keyManager.storage.revocationFeed.seq();
    expect(await heard.first(({ content }) => (content?.$case === 'reset' ? content.reset : undefined))).toBe(seq);
    heard.stream.cancel();
  });

  it('ends politely when the key manager stops', async () => {
    const second = await startTestKeyManager();
    const client = new RevocationServiceClient(second.channel.address, second.channel.credentials);
    clients.push(client);
    const heard = new Heard(client.watch({ cursor: 0, gatewayId: 'test' }));
    await heard.first(heartbeatOf);
    await second.stop();
    await waitUntil(() => heard.over !== undefined, { timeoutMillis: 5_000 });
    expect(heard.over).toBe('end');
  });
});
