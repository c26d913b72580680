import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { formHeaders, send, startTestBed, type TestBed } from './support/test-gateway.js';

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
            method: 'POST',
          },
        },
      },
    ]);
  });

  it.each<[string, string, Record<string, string>]>([
    ['a query', '?tenant=a', formHeaders],
    ['a charset', '', { 'content-type': 'application/x-www-form-urlencoded; charset=us-ascii' }],
    ['a chunked body', '', { ...formHeaders, 'transfer-encoding': 'chunked' }],
  ])('answers a request with %s like any other', async (_what, query, headers) => {
    const post = (url: string, more: Record<string, string>) =>
      send(url, { method: 'POST', headers: { ...more, activityid: 'trace-0002' }, body: form });
    const usual = await post(`${bed.urls.https}/token`, formHeaders);
    const unusual = await post(`${bed.urls.https}/token${query}`, headers);
    const { date: _date, ...usualHeaders } = usual.headers;
    expect(unusual).toMatchObject({ status: 200, body: usual.body, headers: usualHeaders });
    expect(bed.keyManager.issued[1]?.request).toEqual(bed.keyManager.issued[0]?.request);
  });

  it('answers what was granted as RFC 6749 section 5.1 has it', async () => {
    const answer = await bed.token(form);
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      pragma: 'no-cache',
      activityid: expect.any(String),
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

describe('what /token refuses itself', () => {
  const refusal = (description: string) => `{"error_description":"${description}","error":"invalid_request"}`;
  const post = (headers: Record<string, string | string[]>, body: string | Buffer) =>
    send(`${bed.urls.https}/token`, { method: 'POST', headers, body });

  it.each(['GET', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('answers 405 and Allow to %s', async (method) => {
    const answer = await send(`${bed.urls.https}/token`, { method });
    expect(answer).toMatchObject({ status: 405, headers: { allow: 'POST', 'cache-control': 'no-store' } });
    expect(answer.body).toBe(refusal('Use POST.'));
  });

  it.each(['application/json', 'text/plain', 'multipart/form-data; boundary=x'])('answers 415 to %s', async (type) => {
    const answer = await post({ 'content-type': type }, '{"grant_type":"password"}');
    expect(answer).toMatchObject({ status: 415, headers: { pragma: 'no-cache' } });
    expect(answer.body).toBe(refusal('The body must be application/x-www-form-urlencoded.'));
  });

  it.each(['gzip', 'identity, br', 'x'])(
    'answers 415 to a body in the coding %j, which it never undoes',
    async (coding) => {
      const answer = await post({ ...formHeaders, 'content-encoding': coding }, form);
      expect(answer.status).toBe(415);
      expect(JSON.parse(answer.body)).toMatchObject({ error: 'invalid_request' });
      expect(answer.headers['cache-control']).toBe('no-store');
    },
  );

  it('answers 413 to a body above the limit, announced or not', async () => {
    const body = `a=${'x'.repeat(70_000)}`;
    expect(await bed.token(body)).toMatchObject({
      status: 413,
      body: refusal('The request body is too large.'),
      headers: { connection: 'close' },
    });
    expect((await post({ ...formHeaders, 'transfer-encoding': 'chunked' }, body)).status).toBe(413);
  });

  it.each([
    ['a=%zz', 'The request holds a malformed percent-encoding.'],
    ['a=%ff', 'The request holds a malformed percent-encoding.'],
    ['a=1&'.repeat(65), 'The request has too many parameters.'],
  ])('answers 400 to %s', async (body, description) => {
    expect(await bed.token(body)).toMatchObject({ status: 400, body: refusal(description) });
  });

  it('answers 400 to bytes that are not UTF-8 and to other charsets', async () => {
    expect((await post(formHeaders, Buffer.from([0x61, 0x3d, 0xff]))).body).toBe(
      refusal('The request body is not UTF-8.'),
    );
    const latin1 = { 'content-type': 'application/x-www-form-urlencoded; charset=ISO-8859-1' };
    expect(await post(latin1, 'a=b')).toMatchObject({ status: 400, body: refusal('The body must be UTF-8.') });
  });

  it('takes the media type with a charset and in any case', async () => {
    const headers = { 'content-type': 'Application/X-WWW-Form-URLEncoded; charset=utf-8' };
    expect((await post(headers, form)).status).toBe(200);
  });

  it('passes an empty body on, and both of two Authorization headers', async () => {
    await send(`${bed.urls.https}/token`, { method: 'POST', headers: { authorization: ['Basic YTpi', 'Basic Yzpk'] } });
    expect(bed.keyManager.issued[0]?.request.request).toMatchObject({
      parameters: [],
      authorization: 'Basic YTpi, Basic Yzpk',
    });
  });

  it('never reads parameters from the query', async () => {
    await send(`${bed.urls.https}/token?username=x`, { method: 'POST', headers: formHeaders, body: 'a=b' });
    expect(bed.keyManager.issued[0]?.request.request?.parameters).toEqual([{ name: 'a', value: 'b' }]);
  });

  it('asks the key manager nothing meanwhile', async () => {
    await bed.token('a=%zz');
    await post({ 'content-type': 'text/plain' }, 'x');
    expect(bed.keyManager.issued).toEqual([]);
  });

  it('answers 404 for endpoints that are not offered', async () => {
    for (const path of ['/.well-known/something-else', '/.well-known/authorize']) {
      const answer = await send(bed.urls.https + path);
      expect(answer).toMatchObject({ status: 404, headers: { 'content-type': 'application/json; charset=utf-8' } });
      expect(JSON.parse(answer.body)).toMatchObject({ code: '404' });
    }
  });
});

describe('the token endpoints on the HTTP port', () => {
  it('are refused with 403 and a reason', async () => {
    for (const path of ['/token', '/revoke']) {
      const answer = await send(bed.urls.http + path, { method: 'POST', headers: formHeaders, body: form });
      expect(answer).toMatchObject({ status: 403, headers: { connection: 'close' } });
      expect(JSON.parse(answer.body)).toEqual({
        error: 'invalid_request',
        error_description: 'Token requests are answered on the HTTPS port only.',
      });
    }
    expect(bed.keyManager.issued).toEqual([]);
  });

  it('answer when allowInsecureTokenRequests is set', async () => {
    const open = await startTestBed({ gateway: { allowInsecureTokenRequests: true } });
    try {
      open.keyManager.onIssue = bed.keyManager.onIssue;
      const answer = await send(`${open.urls.http}/token`, { method: 'POST', headers: formHeaders, body: form });
      expect(answer.status).toBe(200);
    } finally {
      await open.stop();
    }
  });
});

describe('POST /revoke', () => {
  it('answers 200 with an empty object', async () => {
    const answer = await bed.revoke('d'.repeat(32));
    expect(answer).toMatchObject({
      status: 200,
      body: '{}',
      headers: { 'cache-control': 'no-store', pragma: 'no-cache' },
    });
  });

  it('answers the error of the key manager', async () => {
    bed.keyManager.onRevoke = () => ({
      error: { error: 'invalid_client', errorDescription: 'No.', status: 401, wwwAuthenticate: 'Basic realm="x"' },
    });
    const answer = await bed.revoke('d'.repeat(32));
    bed.keyManager.onRevoke = () => ({});
    expect(answer).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } });
    expect(JSON.parse(answer.body)).toEqual({ error: 'invalid_client', error_description: 'No.' });
  });
});
