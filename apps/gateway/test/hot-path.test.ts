import { status } from '@grpc/grpc-js';
import { createLogger } from '@keygate/common/logging';
import { waitUntil } from '@keygate/common/testing';
import { ensureCertificate } from '@keygate/common/tls';
import { HotPathServiceClient } from '@keygate/proto/keymanager/v1/hot_path';
import { TokenState } from '@keygate/proto/keymanager/v1/key_validation';
import type { IssueTokenResponse } from '@keygate/proto/keymanager/v1/token';
import { afterEach, describe, expect, it } from 'vitest';
import { channelSettings } from '../src/key-manager/channel.js';
import { HotPathLane } from '../src/key-manager/hot-path-lane.js';
import { parseServerUrl } from '../src/key-manager/server-url.js';
import { metric, startTestBed, type TestBed, type TestBedOptions } from './support/test-gateway.js';

const logger = createLogger({ name: 'gateway', level: 'silent', format: 'json' });
let bed: TestBed;
afterEach(() => bed.stop());

const granted = (): IssueTokenResponse => ({
  result: {
    $case: 'granted',
    granted: { accessToken: 'a'.repeat(32), tokenType: 'Bearer', expiresIn: 3_600, scope: '', refreshToken: undefined },
  } as IssueTokenResponse['result'],
});
const form = 'grant_type=password';
const untilStream = (open = 1) =>
  waitUntil(async () => (await metric(bed, 'token_stream_open')) === open, { what: `token_stream_open ${open}` });

async function start(options: TestBedOptions = {}) {
  bed = await startTestBed(options);
  bed.keyManager.onIssue = granted;
  await untilStream();
  return bed.keyManager;
}
const kinds = () => bed.keyManager.exchanges.received.map(({ request }) => request?.$case);

describe('token calls over the stream', () => {
  it('carry token requests, revocations and validations, with the correlation id and a deadline', async () => {
    const keyManager = await start({ gateway: { keyManager: { issueDeadlineMillis: 4_321 } } });
    keyManager.grant('known');
    expect((await bed.token(form, { activityid: 'trace-0001' })).status).toBe(200);
    expect((await bed.revoke('x')).status).toBe(200);
    expect((await bed.call('known')).status).toBe(200);
    expect(kinds()).toEqual(['issueToken', 'revokeToken', 'validateToken']);
    expect(keyManager.exchanges.received[0]).toMatchObject({ correlationId: 'trace-0001', deadlineMillis: 4_321 });
    expect(keyManager.exchanges.opened).toBe(1);
  });

  it('go one by one to a key manager that knows no stream, from the first one on', async () => {
    bed = await startTestBed();
    await bed.keyManager.stop();
    bed.keyManager.knowsExchange = false;
    await bed.keyManager.start();
    bed.keyManager.onIssue = granted;
    bed.keyManager.grant('known');
    await waitUntil(async () => (await bed.token(form)).status === 200);
    expect((await bed.call('known')).status).toBe(200);
    expect(await metric(bed, 'token_stream_open')).toBe(0);
    expect(kinds()).toEqual([]);
  });

  it('go alone when they are large', async () => {
    const keyManager = await start();
    expect((await bed.token(`${form}&scope=${'x'.repeat(20_000)}`)).status).toBe(200);
    expect(keyManager.issued).toHaveLength(1);
    expect(kinds()).toEqual([]);
  });

  it('answer 500 to a bug of the key manager, 503 to a refusal, both without a detail', async () => {
    const keyManager = await start();
    const fail = (code?: status) => () => {
      throw Object.assign(new Error('select * from secrets'), code === undefined ? {} : { code });
    };
    keyManager.onIssue = fail();
    const bug = await bed.token(form);
    expect(bug.status).toBe(500);
    expect(bug.body).not.toContain('secrets');
    keyManager.onIssue = fail(status.RESOURCE_EXHAUSTED);
    const refusal = await bed.token(form);
    expect(refusal).toMatchObject({ status: 503, headers: { 'retry-after': expect.any(String) } });
    expect(refusal.body).not.toContain('secrets');
    expect(keyManager.issued).toHaveLength(2);
  });
});

describe('when the stream breaks', () => {
  it('a validation that was open on it is asked again alone, and answered', async () => {
    const keyManager = await start();
    keyManager.grant('known');
    keyManager.exchanges.answers = false;
    const calling = bed.call('known');
    await waitUntil(() => kinds().length === 1);
    keyManager.exchanges.break(status.UNAVAILABLE);
    expect((await calling).status).toBe(200);
    // The entry of the stream was never answered; this is the unary call.
    expect(keyManager.validations).toBe(1);
  });

  it('a token request that was open on it gets 503 and is never sent again', async () => {
    const keyManager = await start();
    keyManager.exchanges.answers = false;
    const asking = bed.token(form);
    await waitUntil(() => kinds().length === 1);
    keyManager.exchanges.break(status.INTERNAL);
    expect(await asking).toMatchObject({ status: 503, headers: { 'retry-after': expect.any(String) } });
    expect(keyManager.issued).toEqual([]);
    keyManager.exchanges.answers = true;
    await untilStream();
    expect((await bed.token(form)).status).toBe(200);
  });

  it('a killed key manager costs open token requests a 503, and a new stream is opened when it is back', async () => {
    const keyManager = await start();
    keyManager.exchanges.answers = false;
    const asking = [bed.token(form), bed.token(form), bed.call('unknown')];
    await waitUntil(() => kinds().length === 3);
    await keyManager.stop();
    for (const answer of await Promise.all(asking)) expect(answer.status).toBe(503);
    keyManager.exchanges.answers = true;
    await keyManager.start();
    await untilStream();
    expect((await bed.token(form)).status).toBe(200);
    expect(keyManager.exchanges.opened).toBe(2);
  });
});

describe('a key manager that answers strangely', () => {
  it('not at all: calls that come later go alone rather than wait with the first', async () => {
    const keyManager = await start({ gateway: { keyManager: { validateDeadlineMillis: 20_000 } } });
    keyManager.grant('known');
    keyManager.grant('other');
    keyManager.exchanges.answers = false;
    const first = bed.call('known');
    await waitUntil(() => kinds().length === 1);
    await untilStream(0);
    expect((await bed.call('other')).status).toBe(200);
    expect((await bed.token(form)).status).toBe(200);
    expect(kinds()).toEqual(['validateToken']);
    keyManager.exchanges.break(status.UNAVAILABLE);
    expect((await first).status).toBe(200);
  });

  it('too late: 503 at the deadline, and the late answer is nobody’s', async () => {
    const keyManager = await start({ gateway: { keyManager: { validateDeadlineMillis: 200 } } });
    keyManager.exchanges.answers = false;
    expect((await bed.call('slow')).status).toBe(503);
    const [entry] = keyManager.exchanges.received;
    const active = { state: TokenState.TOKEN_STATE_ACTIVE, facts: undefined, revocationSeq: 10 };
    keyManager.exchanges.say({
      responses: [{ id: entry?.id ?? 0, response: { $case: 'validateToken', validateToken: active } }],
      draining: false,
    });
    keyManager.exchanges.answers = true;
    await untilStream();
    expect((await bed.call('slow')).status).toBe(401);
  });

  it('twice, to unknown ids, or to another question: nobody gets what is not theirs', async () => {
    const keyManager = await start();
    keyManager.grant('known');
    keyManager.exchanges.answers = false;
    const asking = bed.token(form);
    await waitUntil(() => kinds().length === 1);
    const id = keyManager.exchanges.received[0]?.id ?? 0;
    const validated = {
      $case: 'validateToken' as const,
      validateToken: { state: TokenState.TOKEN_STATE_ACTIVE, facts: undefined, revocationSeq: 1 },
    };
    keyManager.exchanges.say({ responses: [{ id: id + 1_000, response: validated }], draining: false });
    keyManager.exchanges.say({ responses: [{ id, response: validated }], draining: false });
    expect((await asking).status).toBe(500);
    const issued = { $case: 'issueToken' as const, issueToken: granted() };
    keyManager.exchanges.say({ responses: [{ id, response: issued }], draining: false });
    keyManager.exchanges.answers = true;
    expect((await bed.call('known')).status).toBe(200);
    expect(keyManager.exchanges.opened).toBe(1);
  });
});

it('renews streams under load without losing or repeating a call', async () => {
  const keyManager = await start();
  const url = parseServerUrl(`https://localhost:${keyManager.port}`, { portOffset: 0, allowPlaintext: false });
  const pair = await ensureCertificate(bed.dataDir, { name: 'other', commonName: 'gateway', kind: 'client' });
  const { target, credentials, options } = channelSettings(url, pair);
  const service = new HotPathServiceClient(target, credentials, options);
  const lane = new HotPathLane({ open: () => service.exchange(), logger, lifetimeMillis: 20 });
  lane.start();
  await waitUntil(() => lane.stream);
  const { opened } = keyManager.exchanges;
  keyManager.validations = 0;
  let answered = 0;
  const worker = async () => {
    while (keyManager.exchanges.opened < opened + 10) {
      const question = { $case: 'validateToken' as const, validateToken: { tokenHash: Buffer.alloc(32) } };
      const asked = lane.stream?.ask({ question, correlationId: '', deadlineMillis: 20_000 });
      if (asked === undefined) await new Promise(setImmediate);
      else if ((await asked).$case === 'validateToken') answered += 1;
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  expect(answered).toBeGreaterThan(0);
  expect(keyManager.validations).toBe(answered);
  lane.stop();
  service.close();
});

it('leaves a key manager that is stopping, with what is open, and opens another stream', async () => {
  const keyManager = await start();
  const gates: (() => void)[] = [];
  keyManager.onIssue = () =>
    new Promise((resolve) => {
      gates.push(() => resolve(granted()));
    });
  const asking = bed.token(form);
  await waitUntil(() => gates.length === 1);
  keyManager.exchanges.say({ responses: [], draining: true });
  await waitUntil(() => keyManager.exchanges.opened === 2);
  gates[0]?.();
  expect((await asking).status).toBe(200);
  await untilStream();
  keyManager.onIssue = granted;
  expect((await bed.token(form)).status).toBe(200);
});
