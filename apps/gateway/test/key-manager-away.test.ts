import { Metadata, status } from '@grpc/grpc-js';
import { waitUntil } from '@keygate/common/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { send, startTestBed, type TestBed } from './support/test-gateway.js';

let bed: TestBed;
afterEach(() => bed.stop());

const granted = () => ({
  result: {
    $case: 'granted' as const,
    granted: { accessToken: 'a'.repeat(32), tokenType: 'Bearer', expiresIn: 3_600, scope: 'default' },
  },
});
const unavailable = { error: 'temporarily_unavailable', error_description: expect.any(String) };

describe('while the key manager cannot be reached', () => {
  it('answers token requests 503 with Retry-After and recovers by itself', async () => {
    bed = await startTestBed();
    bed.keyManager.onIssue = granted;
    await bed.keyManager.stop();
    const answer = await bed.token('grant_type=password');
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '2', 'cache-control': 'no-store' } });
    expect(JSON.parse(answer.body)).toEqual(unavailable);
    expect((await bed.revoke('x')).status).toBe(503);
    await bed.keyManager.start();
    await waitUntil(async () => (await bed.token('grant_type=password')).status === 200);
  });

  it('answers within the deadline when it accepts calls and says nothing', async () => {
    bed = await startTestBed({ gateway: { keyManager: { issueDeadlineMillis: 300 } } });
    bed.keyManager.onIssue = () => new Promise(() => undefined);
    const answer = await bed.token('grant_type=password');
    expect(answer.status).toBe(503);
    expect(JSON.parse(answer.body)).toEqual(unavailable);
  });

  it('never sends a token request twice', async () => {
    bed = await startTestBed();
    bed.keyManager.onIssue = () => {
      throw Object.assign(new Error('gone'), { code: status.UNAVAILABLE, metadata: new Metadata() });
    };
    expect((await bed.token('grant_type=password')).status).toBe(503);
    expect(bed.keyManager.issued).toHaveLength(1);
  });

  it('answers 500 server_error when the key manager has a bug, and no detail of it', async () => {
    bed = await startTestBed();
    bed.keyManager.onIssue = () => {
      throw new Error('select * from secrets');
    };
    const answer = await bed.token('grant_type=password');
    expect(answer.status).toBe(500);
    expect(answer.body).toBe('{"error_description":"The request could not be handled.","error":"server_error"}');
  });

  it('keeps serving known tokens, and says 503 rather than 401 for unknown ones', async () => {
    bed = await startTestBed();
    bed.keyManager.grant('known');
    expect((await bed.call('known')).status).toBe(200);
    await bed.keyManager.stop();
    expect((await bed.call('known')).status).toBe(200);
    const unknown = await bed.call('unknown');
    expect(unknown).toMatchObject({ status: 503, headers: { 'retry-after': expect.any(String) } });
    expect(unknown.headers['www-authenticate']).toBeUndefined();
    expect((await send(`${bed.urls.operations}/readyz`)).status).toBe(200);
  });

  it('serves APIs from the copy on disk after a restart', async () => {
    bed = await startTestBed();
    await bed.keyManager.stop();
    await bed.restart();
    expect((await send(`${bed.urls.operations}/readyz`)).status).toBe(200);
    const open = await bed.call(undefined, '/petstore/1.0.0/health');
    expect(open).toMatchObject({ status: 200, body: '{"from":"backend"}' });
    expect((await bed.call('known')).status).toBe(503);
    await bed.keyManager.start();
    bed.keyManager.grant('known');
    await waitUntil(async () => (await bed.call('known')).status === 200);
    // The copy may be of another database: it is served, but never built upon.
    expect(bed.keyManager.catalogRevisions.at(-1)).toBe(0);
  });

  it('starts without a copy, answers 503 and becomes ready when the key manager comes', async () => {
    bed = await startTestBed({ keyManagerRuns: false });
    expect((await send(`${bed.urls.operations}/readyz`)).status).toBe(503);
    expect((await send(`${bed.urls.operations}/healthz`)).status).toBe(200);
    expect((await bed.call(undefined, '/petstore/1.0.0/health')).status).toBe(503);
    expect((await bed.token('grant_type=password')).status).toBe(503);
    await bed.keyManager.start();
    await waitUntil(async () => (await send(`${bed.urls.operations}/readyz`)).status === 200);
    expect((await bed.call(undefined, '/petstore/1.0.0/health')).status).toBe(200);
  });
});
