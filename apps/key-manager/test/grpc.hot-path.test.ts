import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, type ClientDuplexStream, credentials, type StatusObject, status } from '@grpc/grpc-js';
import { waitUntil } from '@keygate/common/testing';
import {
  type HotPathRequest,
  type HotPathRequests,
  type HotPathResponse,
  type HotPathResponses,
  HotPathServiceClient,
} from '@keygate/proto/keymanager/v1/hot_path';
import { TokenState } from '@keygate/proto/keymanager/v1/key_validation';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../src/oauth2/token-hash.js';
import { StoreUnavailable } from '../src/storage/errors.js';
import { createMemoryStorage } from '../src/storage/memory/memory-storage.js';
import { eachStorage } from './support/each-storage.js';
import { formRequest } from './support/grpc.js';
import { alice, seedFixtures, startTestKeyManager, type TestKeyManager } from './support/key-manager.js';

type Question = NonNullable<HotPathRequest['request']>;

/** A gateway's end of one stream. */
class Exchange {
  readonly #call: ClientDuplexStream<HotPathRequests, HotPathResponses>;
  readonly answers = new Map<number, HotPathResponse['response']>();
  readonly over: Promise<StatusObject>;
  draining = false;
  #lastId = 0;

  constructor(client: HotPathServiceClient) {
    this.#call = client.exchange();
    this.#call.on('data', ({ responses, draining }: HotPathResponses) => {
      this.draining ||= draining;
      for (const { id, response } of responses) {
        if (this.answers.has(id)) throw new Error(`${id} was answered twice`);
        this.answers.set(id, response);
      }
    });
    this.#call.on('error', () => undefined);
    this.over = new Promise((resolve) => this.#call.on('status', resolve));
  }

  send(questions: readonly (Question | undefined)[], deadlineMillis = 10_000): number[] {
    const requests = questions.map((request) => ({
      id: ++this.#lastId,
      deadlineMillis,
      correlationId: `of-entry-${this.#lastId}`,
      request,
    }));
    this.#call.write({ requests });
    return requests.map(({ id }) => id);
  }

  async ask(...questions: (Question | undefined)[]): Promise<HotPathResponse['response'][]> {
    const ids = this.send(questions);
    await waitUntil(() => ids.every((id) => this.answers.has(id)), { what: 'all answers' });
    return ids.map((id) => this.answers.get(id));
  }

  write(message: HotPathRequests): void {
    this.#call.write(message);
  }
  pause(): void {
    this.#call.pause();
  }
  resume(): void {
    this.#call.resume();
  }
  end(): void {
    this.#call.end();
  }
  cancel(): void {
    this.#call.cancel();
  }
}

const validate = (token: string): Question => ({ $case: 'validateToken', validateToken: { tokenHash: sha256(token) } });
const issue = (form: Record<string, string>, authorization?: string): Question => ({
  $case: 'issueToken',
  issueToken: { request: formRequest(form, authorization) },
});

/** What the tests of one key manager share. */
function connection() {
  const open: { close(): void }[] = [];
  return {
    to(keyManager: TestKeyManager, credential = keyManager.channel.credentials) {
      const client = new HotPathServiceClient(keyManager.channel.address, credential);
      open.push(client);
      return new Exchange(client);
    },
    close() {
      for (const client of open.splice(0)) client.close();
    },
  };
}

describe.each(eachStorage)('HotPathService.Exchange, $name storage', ({ openStorage }) => {
  let keyManager: TestKeyManager;
  let authorization: string;
  const connect = connection();

  beforeAll(async () => {
    keyManager = await startTestKeyManager({ openStorage });
    ({ authorization } = await seedFixtures(keyManager.storage));
    await keyManager.createUser(alice.username, alice.password, ['readers']);
  });
  afterEach(() => connect.close());
  afterAll(() => keyManager.stop());

  const granted = (answer: HotPathResponse['response']) => {
    if (answer?.$case !== 'issueToken' || answer.issueToken.result?.$case !== 'granted')
      throw new Error(JSON.stringify(answer));
    return answer.issueToken.result.granted;
  };

  it('issues, validates, introspects and revokes over one stream, each answer to its question', async () => {
    const exchange = connect.to(keyManager);
    const [ofUser, ofApplication, refused] = await exchange.ask(
      issue({ grant_type: 'password', ...alice, scope: 'read' }, authorization),
      issue({ grant_type: 'client_credentials' }, authorization),
      issue({ grant_type: 'password', username: 'alice', password: 'wrong' }, authorization),
    );
    expect(refused).toMatchObject({ issueToken: { result: { $case: 'error', error: { error: 'invalid_grant' } } } });
    const tokens = [ofUser, ofApplication].map((answer) => granted(answer).accessToken);
    const [first = '', second = ''] = tokens;
    const request = formRequest({ token: first }, authorization);
    expect(await exchange.ask(validate(first), validate(second), validate('0'.repeat(32)))).toMatchObject([
      { validateToken: { state: TokenState.TOKEN_STATE_ACTIVE, facts: { user: 'alice@carbon.super' } } },
      { validateToken: { state: TokenState.TOKEN_STATE_ACTIVE, facts: { user: '' } } },
      { validateToken: { state: TokenState.TOKEN_STATE_UNKNOWN } },
    ]);
    expect(await exchange.ask({ $case: 'introspectToken', introspectToken: { request } })).toMatchObject([
      { introspectToken: { result: { introspection: { active: true } } } },
    ]);
    expect(await exchange.ask({ $case: 'revokeToken', revokeToken: { request } })).toMatchObject([
      { $case: 'revokeToken', revokeToken: { error: undefined } },
    ]);
    expect(await exchange.ask(validate(first))).toMatchObject([
      { validateToken: { state: TokenState.TOKEN_STATE_REVOKED } },
    ]);
    exchange.end();
    expect((await exchange.over).code).toBe(status.OK);
  });

  it('logs how an entry ended under its correlation id, and no secret', async () => {
    const exchange = connect.to(keyManager);
    const from = keyManager.log.length;
    await exchange.ask(issue({ grant_type: 'password', ...alice }, authorization));
    await exchange.ask(issue({ grant_type: 'password', ...alice, password: 'not-hers' }, authorization));
    const lines = keyManager.log.slice(from);
    expect(lines.filter((line) => line.includes('"answered"')).map((line) => JSON.parse(line))).toMatchObject([
      // The gateway has a line for every answer; what went well is one more only for who asks for details.
      { level: 'debug', correlationId: 'of-entry-1', method: 'issueToken', result: 'ok' },
      { level: 'info', correlationId: 'of-entry-2', method: 'issueToken', result: 'invalid_grant' },
    ]);
    expect(lines.join('')).not.toContain(alice.password);
    expect(lines.join('')).not.toContain('not-hers');
  });

  it('says UNIMPLEMENTED to a question it does not know, and goes on', async () => {
    const exchange = connect.to(keyManager);
    expect(await exchange.ask(undefined, validate('x'))).toMatchObject([
      { $case: 'failure', failure: { code: status.UNIMPLEMENTED } },
      { $case: 'validateToken' },
    ]);
  });

  it('answers every one of many calls once, also to a reader that pauses', async () => {
    const exchange = connect.to(keyManager);
    const [pair] = await exchange.ask(issue({ grant_type: 'client_credentials' }, authorization));
    const question = validate(granted(pair).accessToken);
    exchange.pause();
    const ids: number[] = [];
    for (let n = 0; n < 100; n++) ids.push(...exchange.send(Array.from({ length: 50 }, () => question)));
    exchange.resume();
    await waitUntil(() => ids.every((id) => exchange.answers.has(id)), { timeoutMillis: 30_000 });
    const kinds = new Set(ids.map((id) => exchange.answers.get(id)?.$case));
    expect([...kinds].filter((kind) => kind !== 'validateToken' && kind !== 'failure')).toEqual([]);
    for (const answer of exchange.answers.values()) {
      if (answer?.$case === 'failure') expect(answer.failure.code).toBe(status.RESOURCE_EXHAUSTED);
    }
  });

  it('ends a stream with INVALID_ARGUMENT when an id comes again', async () => {
    const exchange = connect.to(keyManager);
    const request = validate('x');
    const entry = (id: number) => ({ id, deadlineMillis: 1_000, correlationId: '', request });
    exchange.write({ requests: [entry(5)] });
    exchange.write({ requests: [entry(5)] });
    expect((await exchange.over).code).toBe(status.INVALID_ARGUMENT);
  });

  it('ends a stream with RESOURCE_EXHAUSTED at a message above the limit, and no other stream', async () => {
    const [large, other] = [connect.to(keyManager), connect.to(keyManager)];
    large.send([issue({ grant_type: 'password', password: 'x'.repeat(5_000_000) }, authorization)]);
    expect((await large.over).code).toBe(status.RESOURCE_EXHAUSTED);
    expect(await other.ask(validate('x'))).toMatchObject([{ $case: 'validateToken' }]);
  });

  it.each([
    ['bytes that are no message', Buffer.from('ff'.repeat(64), 'hex')],
    ['a message that is cut short', Buffer.from('0a7f0801', 'hex')],
    ['a hash of the wrong length', Buffer.from('0a0808012204' + '0a020102', 'hex')],
  ])('survives %s', async (_what, bytes) => {
    const { address, credentials: mutual } = keyManager.channel;
    const client = new Client(address, mutual);
    const same = (value: Buffer) => value;
    const call = client.makeBidiStreamRequest('/keymanager.v1.HotPathService/Exchange', same, same);
    const over = new Promise<void>((resolve) => {
      call.on('status', () => resolve());
      call.on('data', () => call.end());
      call.on('error', () => undefined);
    });
    call.write(bytes);
    await over;
    client.close();
    expect(await connect.to(keyManager).ask(validate('x'))).toMatchObject([{ $case: 'validateToken' }]);
  });

  it.each([
    ['no client certificate', (ca: Buffer) => credentials.createSsl(ca)],
    ['plaintext', () => credentials.createInsecure()],
  ])('gives a caller with %s nothing', async (_what, strange) => {
    const ca = readFileSync(join(keyManager.dataDir, 'tls', 'ca.crt'));
    const exchange = connect.to(keyManager, strange(ca));
    exchange.send([issue({ grant_type: 'client_credentials' }, authorization)]);
    expect((await exchange.over).code).toBe(status.UNAVAILABLE);
    expect(exchange.answers.size).toBe(0);
  });
});

describe('HotPathService.Exchange, when something is not as it should be', () => {
  const connect = connection();
  let keyManager: TestKeyManager;
  let isDown = false;
  /** Token requests stand still while this is set. */
  let gate: Promise<void> | undefined;
  let authorization: string;

  beforeAll(async () => {
    const memory = createMemoryStorage();
    const revocationSeq = () =>
      isDown ? Promise.reject(new StoreUnavailable('host=10.1.2.3')) : memory.tokens.revocationSeq();
    const tokens = intercepted(memory.tokens, { revocationSeq });
    const findClient = async (id: string) => {
      await gate;
      return memory.clients.findClient(id);
    };
    const clients = intercepted(memory.clients, { findClient });
    keyManager = await startTestKeyManager({
      openStorage: async () => ({ ...memory, tokens, clients }),
      keyManager: { grpc: { maxConcurrentStreams: 10 } },
    });
    ({ authorization } = await seedFixtures(keyManager.storage));
  });
  afterAll(async () => {
    connect.close();
    await keyManager.stop();
  });

  it('fails entries with UNAVAILABLE, and no more, while the database is away', async () => {
    const exchange = connect.to(keyManager);
    isDown = true;
    expect(await exchange.ask(validate('x'))).toEqual([
      { $case: 'failure', failure: { code: status.UNAVAILABLE, details: 'the database cannot answer' } },
    ]);
    isDown = false;
    expect(await exchange.ask(validate('x'))).toMatchObject([{ $case: 'validateToken' }]);
  });

  it('refuses what is above the bound of a stream while another stream goes on', async () => {
    const [busy, other] = [connect.to(keyManager), connect.to(keyManager)];
    const open = closeGate();
    const request = issue({ grant_type: 'client_credentials' }, authorization);
    const ids = busy.send(Array.from({ length: 12 }, () => request));
    await waitUntil(() => busy.answers.size === 2);
    for (const id of ids.slice(10)) {
      expect(busy.answers.get(id)).toMatchObject({ failure: { code: status.RESOURCE_EXHAUSTED } });
    }
    expect(await other.ask(validate('x'))).toMatchObject([{ $case: 'validateToken' }]);
    open();
    await waitUntil(() => busy.answers.size === 12);
    expect(ids.slice(0, 10).map((id) => busy.answers.get(id)?.$case)).toEqual(Array(10).fill('issueToken'));
  });

  it('forgets a stream that its gateway left', async () => {
    const metric = async () => {
      const text = await (await fetch(`${keyManager.urls.operations}/metrics`)).text();
      return Number(/^keygate_streams.*hot_path.* (\d+)$/m.exec(text)?.[1] ?? 0);
    };
    const before = await metric();
    const exchange = connect.to(keyManager);
    await exchange.ask(validate('x'));
    expect(await metric()).toBe(before + 1);
    exchange.cancel();
    await waitUntil(async () => (await metric()) === before);
  });

  it('asks gateways to leave when it stops, and answers what is open first', async () => {
    connect.close();
    const exchange = connect.to(keyManager);
    const open = closeGate();
    const [id = 0] = exchange.send([issue({ grant_type: 'client_credentials' }, authorization)]);
    await exchange.ask(validate('x'));
    const stopped = keyManager.stop();
    await waitUntil(() => exchange.draining);
    expect(await exchange.ask(validate('x'))).toMatchObject([{ $case: 'validateToken' }]);
    exchange.end();
    open();
    expect((await exchange.over).code).toBe(status.OK);
    expect(exchange.answers.get(id)).toMatchObject({ issueToken: { result: { $case: 'granted' } } });
    await stopped;
  });

  function closeGate(): () => void {
    let open = () => {};
    gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    return () => {
      gate = undefined;
      open();
    };
  }
});

/** The same store with some functions replaced. */
function intercepted<T extends object>(store: T, replaced: Partial<T>): T {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(name in replaced ? replaced : target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}
