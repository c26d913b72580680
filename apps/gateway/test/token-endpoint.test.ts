import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestBed, type TestBed } from './support/test-gateway.js';

let bed: TestBed;
beforeAll(async () => {
  bed = await startTestBed();
});
afterAll(() => bed.stop());
beforeEach(() => {
  bed.keyManager.issued.length = 0;
  bed.keyManager.onIssue = () => ({
    result: {
      $case: 'granted',
      granted: {
        accessToken: 'a'.repeat(32),
        tokenType: 'Bearer',
        expiresIn: 3_600,
        refreshToken: 'b'.repeat(32),
        scope: 'default',
      },
    },
  });
});

const form = 'grant_type=password&username=demo&password=p%26+w%C3%B6rd&scope=a&scope=b&empty=';

describe('POST /token', () => {
  it('passes on every parameter, the credentials, the address and the correlation id', async () => {
    await bed.token(form, { authorization: 'Basic Zm9vOmJhcg==', activityid: 'trace-0001' });
    expect(bed.keyManager.issued).toEqual([
      {
        correlationId: 'trace-0001',
        request: {
          request: {
            parameters: [
              { name: 'grant_type', value: 'password' },
              { name: 'username', value: 'demo' },
              { name: 'password', value: 'p& wörd' },
              { name: 'scope', value: 'a' },
              { name: 'scope', value: 'b' },
              { name: 'empty', value: '' },
            ],
            authorization: 'Basic Zm9vOmJhcg==',
            clientAddress: '127.0.0.1',
          },
        },
      },
    ]);
  });

  it('answers what was granted as RFC 6749 section 5.1 has it', async () => {
    const answer = await bed.token(form);
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      pragma: 'no-cache',
    });
    expect(answer.body).toBe(
      `{"scope":"default","token_type":"Bearer","expires_in":3600,"refresh_token":"${'b'.repeat(32)}","access_token":"${'a'.repeat(32)}"}`,
    );
  });

  it('answers an OAuth error word for word', async () => {
    bed.keyManager.onIssue = () => ({
      result: {
        $case: 'error',
        error: {
          error: 'invalid_client',
          errorDescription: 'Client credentials are invalid.',
          status: 401,
          wwwAuthenticate: 'Basic realm="keygate"',
          retryAfter: 7,
        },
      },
    });
    const answer = await bed.token(form);
    expect(answer.status).toBe(401);
    expect(answer.headers).toMatchObject({
      'www-authenticate': 'Basic realm="keygate"',
      'retry-after': '7',
      'cache-control': 'no-store',
      pragma: 'no-cache',
    });
    expect(JSON.parse(answer.body)).toEqual({
      error: 'invalid_client',
      error_description: 'Client credentials are invalid.',
    });
  });

  it('lets a scope-protected call through with an active token', async () => {
    bed.keyManager.grant('c'.repeat(32));
    const answer = await bed.call('c'.repeat(32), '/petstore/1.0.0/pets?limit=1');
    expect(answer).toMatchObject({ status: 200, body: '{"from":"backend"}' });
    expect(bed.backendRequests).toEqual(['GET /pets?limit=1']);
  });
});
