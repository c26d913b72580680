import { randomUUID } from 'node:crypto';
import { Client, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { waitUntil } from '@keygate/common/testing';
import { CatalogServiceClient } from '@keygate/proto/keymanager/v1/catalog';
import { KeyValidationServiceClient } from '@keygate/proto/keymanager/v1/key_validation';
import { type UsageReceipt, UsageServiceClient } from '@keygate/proto/keymanager/v1/usage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { UsageCount } from '../src/statistics/usage-store.js';
import { StoreUnavailable } from '../src/storage/errors.js';
import { createMemoryStorage } from '../src/storage/memory/memory-storage.js';
import { called } from './support/grpc.js';
import { seedClient, startTestKeyManager, type TestKeyManager } from './support/key-manager.js';
import { Heard } from './support/streams.js';

describe('gRPC services, when something is not as it should be', () => {
  const memory = createMemoryStorage();
  const counted: UsageCount[] = [];
  let isDown = false;
  let keyManager: TestKeyManager;
  const clients: Client[] = [];
  const metric = async (name: string) => {
    const text = await (await fetch(`${keyManager.urls.operations}/metrics`)).text();
    return Number(new RegExp(`^${name}.* (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  };

  beforeAll(async () => {
    const usage = {
      addUsage: async (counts: readonly UsageCount[]) => {
        if (isDown) throw new StoreUnavailable('host=10.1.2.3');
        counted.push(...counts);
      },
    };
    const tokens = new Proxy(memory.tokens, {
      get(target, name) {
        if (isDown && name === 'revocationSeq') return () => Promise.reject(new StoreUnavailable('host=10.1.2.3'));
        if (name === 'findAccessToken') return target.findAccessToken.bind(target);
        const member: unknown = Reflect.get(target, name);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
    keyManager = await startTestKeyManager({ openStorage: () => Promise.resolve({ ...memory, tokens, usage }) });
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    await keyManager.stop();
  });
  const connect = <C extends Client>(make: new (address: string, credentials: never) => C): C => {
    const client = new make(keyManager.channel.address, keyManager.channel.credentials as never);
    clients.push(client);
    return client;
  };

  it('answer UNAVAILABLE, and no more, when the database is away', async () => {
    const client = connect(KeyValidationServiceClient);
    const validate = () => called(client.validateToken.bind(client), { tokenHash: Buffer.alloc(32) });
    await validate();
    isDown = true;
    const failure: ServiceError = await validate().catch((error) => error);
    isDown = false;
    expect(failure.code).toBe(status.UNAVAILABLE);
    expect(failure.details).toBe('the database cannot answer');
    await validate();
  });

  it('add up what gateways counted, batch by batch', async () => {
    const client = connect(UsageServiceClient);
    const receipt = new Promise<UsageReceipt>((resolve, reject) => {
      const call = client.report((error, answer) => (error ? reject(error) : resolve(answer)));
      for (const minute of [60_000, 120_000, 180_000]) {
        const counts = [{ apiId: randomUUID(), applicationId: randomUUID(), statusClass: 2, requests: 7 }];
        call.write({ gatewayId: 'g', minute, counts });
      }
      call.end();
    });
    expect(await receipt).toEqual({ batches: 3 });
    expect(counted.map(({ minute, requests }) => [minute, requests])).toEqual([
      [60_000, 7],
      [120_000, 7],
      [180_000, 7],
    ]);
  });

  it('hold back for a reader that does not read, and lose nothing', async () => {
    const client = connect(CatalogServiceClient);
    const call = client.watch({ revision: 0, environment: 'Default', gatewayId: 'slow' });
    const heard = new Heard(call);
    await heard.first(({ content }) => content?.$case === 'snapshot' && content.snapshot);
    call.pause();
    const ids = Array.from({ length: 300 }, (_, n) => `client${n}`.padEnd(28, 'x'));
    const { clientRegistry } = keyManager.storage;
    for (const clientId of ids) {
      await seedClient(keyManager.storage, { clientId });
      await clientRegistry.deleteRegistration(clientId);
    }
    call.resume();
    const gone = () =>
      heard.messages.flatMap(({ content }) =>
        content?.$case === 'change' && content.change.change?.$case === 'consumerKeyDeleted'
          ? content.change.change.consumerKeyDeleted
          : [],
      );
    await waitUntil(() => gone().includes(ids.at(-1) ?? ''), { timeoutMillis: 10_000 });
    expect(new Set(gone())).toEqual(new Set(ids));
    call.cancel();
  });

  it('forget a stream that its gateway left', async () => {
    const client = connect(CatalogServiceClient);
    const before = await metric('keygate_streams');
    const heard = new Heard(client.watch({ revision: 0, environment: 'Default', gatewayId: 'brief' }));
    await heard.first(({ content }) => content?.$case === 'snapshot' && content.snapshot);
    expect(await metric('keygate_streams')).toBe(before + 1);
    heard.stream.cancel();
    await waitUntil(async () => (await metric('keygate_streams')) === before, { timeoutMillis: 5_000 });
  });

  it('do not know a method that is not theirs', async () => {
    const client = connect(Client as never);
    const identity = (value: Buffer) => value;
    const failure = await new Promise<ServiceError | null>((resolve) =>
      client.makeUnaryRequest(
        '/keymanager.v1.TokenService/Nothing',
        identity,
        identity,
        Buffer.alloc(0),
        new Metadata(),
        {},
        (error) => resolve(error),
      ),
    );
    expect(failure?.code).toBe(status.UNIMPLEMENTED);
  });
});
