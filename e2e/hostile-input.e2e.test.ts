import { readFileSync } from 'node:fs';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from './support/https-client.js';
import { noSecretIsPrinted } from './support/no-secrets.js';
import { type Quickstart, startQuickstart } from './support/quickstart.js';
import { basic, bearer } from './support/token-client.js';

const form = 'application/x-www-form-urlencoded';

interface Hostile {
  readonly what: string;
  readonly body?: string;
  readonly authorization?: string;
  readonly type?: string;
  readonly method?: string;
  readonly status: number;
  readonly error?: string;
}

/** `{user}` and `{password}` stand for the demo user's; without `authorization` the demo client's is sent. */
const hostileTokenRequests: readonly Hostile[] = [
  {
    what: 'a wrong password',
    body: 'grant_type=password&username={user}&password=wrong',
    status: 400,
    error: 'invalid_grant',
  },
  {
    what: 'an unknown user',
    body: 'grant_type=password&username=nobody&password=wrong',
    status: 400,
    error: 'invalid_grant',
  },
  { what: 'no password', body: 'grant_type=password&username={user}', status: 400, error: 'invalid_request' },
  {
    what: 'an empty password',
    body: 'grant_type=password&username={user}&password=',
    status: 400,
    error: 'invalid_request',
  },
  {
    what: 'two user names',
    body: 'grant_type=password&username={user}&username=admin&password={password}',
    status: 400,
    error: 'invalid_request',
  },
  {
    what: 'two grant types',
    body: 'grant_type=password&grant_type=client_credentials&username={user}&password={password}',
    status: 400,
    error: 'invalid_request',
  },
  { what: 'no grant type', body: 'username={user}&password={password}', status: 400, error: 'invalid_request' },
  { what: 'an empty body', body: '', status: 400, error: 'invalid_request' },
  { what: 'an unknown grant type', body: 'grant_type=telepathy', status: 400, error: 'unsupported_grant_type' },
  {
    what: 'a grant type named after an object member',
    body: 'grant_type=__proto__',
    status: 400,
    error: 'unsupported_grant_type',
  },
  {
    what: 'an unknown refresh token',
    body: 'grant_type=refresh_token&refresh_token=00000000000000000000000000000000',
    status: 400,
    error: 'invalid_grant',
  },
  {
    what: 'SQL in the user name',
    body: "grant_type=password&username='+OR+1%3D1--&password=x",
    status: 400,
    error: 'invalid_grant',
  },
  {
    what: 'a null byte in the user name',
    body: 'grant_type=password&username=de%00mo&password={password}',
    status: 400,
  },
  { what: 'a percent sign without digits', body: 'grant_type=password&username=%zz&password={password}', status: 400 },
  { what: 'bytes that are not UTF-8', body: 'grant_type=password&username=%ff%fe&password={password}', status: 400 },
  {
    what: 'a scope with a quote',
    body: 'grant_type=client_credentials&scope=a%22b',
    status: 400,
    error: 'invalid_scope',
  },
  { what: 'a huge user name', body: `grant_type=password&username=${'a'.repeat(20_000)}&password=x`, status: 400 },
  { what: 'ten thousand parameters', body: `grant_type=password${'&a=1'.repeat(10_000)}`, status: 400 },
  { what: 'a body over the limit', body: `grant_type=password&password=${'x'.repeat(200_000)}`, status: 413 },
  {
    what: 'a wrong client secret',
    authorization: basic('wU62DjlyDBnq87GlBwplfqvmAbAa', 'wrong'),
    body: 'grant_type=client_credentials',
    status: 401,
    error: 'invalid_client',
  },
  {
    what: 'an unknown client',
    authorization: basic('nobody', 'wrong'),
    body: 'grant_type=client_credentials',
    status: 401,
    error: 'invalid_client',
  },
  { what: 'no client', authorization: '', body: 'grant_type=client_credentials', status: 401, error: 'invalid_client' },
  {
    what: 'Basic that is not Base64',
    authorization: 'Basic ***',
    body: 'grant_type=client_credentials',
    status: 401,
    error: 'invalid_client',
  },
  {
    what: 'Basic without a colon',
    authorization: `Basic ${Buffer.from('abc').toString('base64')}`,
    body: 'grant_type=client_credentials',
    status: 401,
    error: 'invalid_client',
  },
  {
    what: 'Basic without credentials',
    authorization: 'Basic',
    body: 'grant_type=client_credentials',
    status: 401,
    error: 'invalid_client',
  },
  {
    what: 'another scheme',
    authorization: 'Bearer abc',
    body: 'grant_type=client_credentials',
    status: 401,
    error: 'invalid_client',
  },
  {
    what: 'the client twice',
    body: 'grant_type=client_credentials&client_id=x&client_secret=y',
    status: 400,
    error: 'invalid_request',
  },
  { what: 'GET', method: 'GET', status: 405 },
  { what: 'an XML body', type: 'application/xml', body: '<grant/>', status: 415, error: 'invalid_request' },
];

describe('the token endpoint under hostile input', () => {
  let quickstart: Quickstart;

  beforeAll(async () => {
    quickstart = await startQuickstart();
  });
  afterAll(async () => {
    await quickstart?.stop();
  });

  const send = (one: Hostile): Promise<Answer> => {
    const { facts, client } = quickstart;
    const authorization = one.authorization ?? basic(facts.consumerKey, facts.consumerSecret);
    const body = one.body?.replace('{user}', facts.username).replace('{password}', facts.password);
    return client.call(facts.tokenUrl, {
      method: one.method ?? 'POST',
      headers: { ...(authorization === '' ? {} : { Authorization: authorization }), 'Content-Type': one.type ?? form },
      ...(body === undefined ? {} : { body }),
      fresh: true,
    });
  };

  it.each(hostileTokenRequests)('$what: $status $error', async (one) => {
    const answer = await send(one);
    expect(answer.status).toBe(one.status);
    if (one.error !== undefined) {
      expect(answer.json().error).toBe(one.error);
    }
    if (answer.status !== 405) {
      expect(answer.headers['cache-control']).toContain('no-store');
    }
    expect(answer.text).not.toContain('access_token');
  });

  it('a wrong client is challenged, and told the same whether it exists or not', async () => {
    const wrongSecret = await send({
      what: '',
      authorization: basic(quickstart.facts.consumerKey, 'x'),
      body: 'grant_type=client_credentials',
      status: 401,
    });
    const unknown = await send({
      what: '',
      authorization: basic('nobody', 'x'),
      body: 'grant_type=client_credentials',
      status: 401,
    });
    expect(wrongSecret.headers['www-authenticate']).toMatch(/^Basic /);
    expect(unknown.text).toBe(wrongSecret.text);
  });

  it('a wrong user is told the same whether they exist or not, and their name is not echoed', async () => {
    const wrong = await send({ what: '', body: 'grant_type=password&username={user}&password=wrong', status: 400 });
    const unknown = await send({
      what: '',
      body: 'grant_type=password&username=canarynobody&password=wrong',
      status: 400,
    });
    expect(unknown.text).toBe(wrong.text);
    expect(unknown.text).not.toContain('canarynobody');
  });

  it('still works after all that', async () => {
    const { facts, tokens, client, readUrl } = quickstart;
    const { access_token } = await tokens.password(facts.username, facts.password, facts.sampleApi.readScope);
    expect((await client.call(readUrl, { headers: bearer(access_token) })).status).toBe(200);
  });

  describe('API calls', () => {
    it.each([
      ['/petstore/1.0.0/../1.0.0/pets', 400],
      ['/petstore/1.0.0/%2e%2e/pets', 400],
      ['/petstore/1.0.0/health/..%2fpets', 400],
      ['/petstore/1.0.0//pets', 400],
      ['/petstore/1.0.0/pets%00', 400],
      ['/petstore/1.0.0/health\\..\\pets', 400],
      ['/petstore/1.0.0/./pets', 400],
      ['/PETSTORE/1.0.0/pets', 404],
      ['/petstore/9.9.9/pets', 404],
      ['/nowhere', 404],
    ])('%s answers %i', async (path, status) => {
      const answer = await quickstart.client.call(`${quickstart.facts.gatewayUrl}${path}`, { fresh: true });
      expect(answer.status).toBe(status);
    });

    it.each([
      [10_000, 414],
      [40_000, 431],
    ])('a target of %i bytes answers %i', async (length, status) => {
      const url = `${quickstart.facts.gatewayUrl}/petstore/1.0.0/${'a'.repeat(length)}`;
      expect((await quickstart.client.call(url, { fresh: true })).status).toBe(status);
    });

    it.each([
      ['no token', {}, 401, '900902'],
      ['a malformed token', { Authorization: 'Bearer a b c' }, 401, '900901'],
      ['an empty token', { Authorization: 'Bearer ' }, 401, '900902'],
      ['an unknown token', { Authorization: `Bearer ${'f'.repeat(32)}` }, 401, '900901'],
      ['a huge token', { Authorization: `Bearer ${'f'.repeat(10_000)}` }, 401, '900901'],
      ['another scheme', { Authorization: 'Basic YWJj' }, 401, '900902'],
    ])('%s is refused with a challenge', async (_what, headers: Record<string, string>, status, code) => {
      const answer = await quickstart.client.call(quickstart.readUrl, { headers });
      expect(answer.status).toBe(status);
      expect(String(answer.json().code)).toBe(code);
      expect(answer.headers['www-authenticate']).toMatch(/^(Bearer|OAuth2)/);
      expect(answer.text).not.toContain('ffffffff');
    });

    it('answers errors as XML to a client that asks for it', async () => {
      const answer = await quickstart.client.call(quickstart.readUrl, { headers: { Accept: 'application/xml' } });
      expect(answer.status).toBe(401);
      expect(answer.headers['content-type']).toContain('xml');
      expect(answer.text).toContain('900902');
    });
  });

  describe('requests that are not HTTP as it should be', () => {
    const chunked = 'Transfer-Encoding: chunked\r\n';
    it.each([
      [
        'Content-Length and Transfer-Encoding',
        `POST /token HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n${chunked}\r\n0\r\n\r\n`,
      ],
      ['two Content-Lengths', 'POST /token HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde'],
      ['two Hosts', 'GET /petstore/1.0.0/health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'],
      ['no Host', 'GET /petstore/1.0.0/health HTTP/1.1\r\n\r\n'],
      ['an absolute target', 'GET http://elsewhere/petstore/1.0.0/health HTTP/1.1\r\nHost: a\r\n\r\n'],
      ['a folded header', 'GET /petstore/1.0.0/health HTTP/1.1\r\nHost: a\r\nX-A: b\r\n c\r\n\r\n'],
      ['a bare line feed', 'GET /petstore/1.0.0/health HTTP/1.1\nHost: a\n\n'],
      ['a space before the colon', `POST /token HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n`],
    ])('%s is answered 400', async (_what, request) => {
      expect(await rawStatus(request)).toBe(400);
    });
  });

  function rawStatus(request: string): Promise<number> {
    const { facts } = quickstart;
    return new Promise((resolve, reject) => {
      let text = '';
      const socket = connect(
        { host: 'localhost', port: 8243 + facts.portOffset, servername: 'localhost', ca: readFileSync(facts.caFile) },
        () => socket.write(request),
      );
      socket.setTimeout(10_000, () => socket.destroy(new Error('no answer')));
      socket.on('error', reject);
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1');
        if (text.includes('\r\n')) {
          socket.destroy();
          resolve(Number(text.split(' ')[1]));
        }
      });
      socket.on('close', () => reject(new Error('closed without an answer')));
    });
  }

  noSecretIsPrinted();
});
