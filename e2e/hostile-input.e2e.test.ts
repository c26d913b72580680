import { readFileSync } from 'node:fs';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from './support/https-client.js';
import { noSecretIsPrinted } from './support/no-secrets.js';
import { type Quickstart, startQuickstart } from './support/quickstart.js';
import { basic, bearer } from './support/token-client.js';

const form = 'application/x-www-form-urlencoded';

/** What hostile-corpus.e2e.test.ts leaves: comparisons of answers, and API calls. */
describe('hostile input to the gateway of the quickstart', () => {
  let quickstart: Quickstart;

  beforeAll(async () => {
    quickstart = await startQuickstart();
  });
  afterAll(async () => {
    await quickstart?.stop();
  });

  const token = (body: string, authorization: string): Promise<Answer> =>
    quickstart.client.call(quickstart.facts.tokenUrl, {
      method: 'POST',
      headers: { Authorization: authorization, 'Content-Type': form },
      body,
    });

  it('a wrong client is told the same whether it exists or not', async () => {
    const grant = 'grant_type=client_credentials';
    const wrongSecret = await token(grant, basic(quickstart.facts.consumerKey, 'x'));
    const unknown = await token(grant, basic('nobody', 'x'));
    expect(wrongSecret.headers['www-authenticate']).toMatch(/^Basic /);
    expect([unknown.status, unknown.text]).toEqual([401, wrongSecret.text]);
  });

  it('a wrong user is told the same whether they exist or not', async () => {
    const { consumerKey, consumerSecret, username } = quickstart.facts;
    const login = (name: string) =>
      token(`grant_type=password&username=${name}&password=wrong`, basic(consumerKey, consumerSecret));
    const [wrong, unknown] = [await login(username), await login('canarynobody')];
    expect([unknown.status, unknown.text]).toEqual([400, wrong.text]);
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
