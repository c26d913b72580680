import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { basic, seedFixtures, startTestKeyManager, type TestKeyManager } from './support/key-manager.js';

describe('requests to 9443', () => {
  let keyManager: TestKeyManager;
  let authorization: string;
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const grant = 'grant_type=client_credentials';

  beforeAll(async () => {
    keyManager = await startTestKeyManager();
    ({ authorization } = await seedFixtures(keyManager.storage));
  });
  afterAll(() => keyManager.stop());

  const token = (headers: Record<string, string>, body: string | Buffer = grant) =>
    keyManager.send('POST', '/oauth2/token', { authorization, ...headers }, body);

  it.each(['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    'with %s to the token endpoint are answered 405',
    async (method) => {
      const { status, headers, body } = await keyManager.send(method, '/oauth2/token?grant_type=password');
      expect(status).toBe(405);
      expect(headers.allow).toBe('POST');
      expect(body).toEqual({ error_description: 'Use POST.', error: 'invalid_request' });
    },
  );

  it.each([
    ['with parameters of the type', { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' }, 200],
    ['in upper case', { 'content-type': 'APPLICATION/X-WWW-FORM-URLENCODED' }, 200],
    ['of another charset', { 'content-type': 'application/x-www-form-urlencoded; charset=iso-8859-1' }, 400],
    ['without a type', {}, 415],
    ['of plain text', { 'content-type': 'text/plain' }, 415],
    ['of a type that only begins alike', { 'content-type': 'application/x-www-form-urlencoded-not' }, 415],
    ['in gzip', { ...form, 'content-encoding': 'gzip' }, 415],
    ['in two codings', { ...form, 'content-encoding': 'identity, br' }, 415],
    ['in no coding, said so', { ...form, 'content-encoding': 'identity' }, 200],
    ['of several parts', { 'content-type': 'multipart/form-data; boundary=x' }, 415],
  ])('with a body %s', async (_what, headers, expected) => {
    const { status, body } = await token(headers as Record<string, string>);
    expect(status).toBe(expected);
    if (expected !== 200) expect(body.error).toBe('invalid_request');
  });

  it.each([
    ['a repeated parameter', `${grant}&${grant}`],
    ['a broken percent sequence', `${grant}&scope=%zz`],
    ['bytes that are not UTF-8', Buffer.concat([Buffer.from(`${grant}&scope=`), Buffer.from([0xff, 0xfe])])],
    ['too many parameters', `${grant}&${Array.from({ length: 100 }, (_, n) => `p${n}=1`).join('&')}`],
  ])('with %s are answered invalid_request', async (_what, body) => {
    const answer = await token(form, body);
    expect(answer.status).toBe(400);
    expect(answer.body.error).toBe('invalid_request');
  });

  it.each([
    ['an array', '[]'],
    ['a repeated member', '{"grant_type":"client_credentials","grant_type":"password"}'],
    ['a member that is no string', '{"grant_type":["client_credentials"]}'],
    ['half an object', '{"grant_type":'],
  ])('with %s as JSON are answered invalid_request', async (_what, body) => {
    const answer = await token({ 'content-type': 'application/json' }, body);
    expect(answer.status).toBe(400);
    expect(answer.body.error).toBe('invalid_request');
  });

  it('with a body above 64 KiB are answered 413', async () => {
    const { status, headers, body } = await token(form, `${grant}&scope=${'x'.repeat(70_000)}`);
    expect(status).toBe(413);
    expect(body.error).toBe('invalid_request');
    expect(headers['cache-control']).toBe('no-store');
  });

  it.each([
    ['no Basic at all', 'Bearer x'],
    ['broken Base64', 'Basic %%%'],
    ['a credential cut short', basic('consumerKey12345678901234567', 'consumerSecret1234567890').slice(0, -2)],
    ['nothing', ''],
  ])('with %s for the client are answered 401', async (_what, header) => {
    const { status, headers, body } = await token({ ...form, authorization: header });
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toBe('Basic realm="localhost"');
    expect(body.error).toBe('invalid_client');
  });

  it('that meet a bug are answered server_error, and say nothing of it', async () => {
    const broken = vi
      .spyOn(keyManager.storage.clients, 'findClient')
      .mockRejectedValue(new TypeError('of table clients'));
    const { status, headers, body, text } = await token(form);
    broken.mockRestore();
    expect([status, body.error]).toEqual([500, 'server_error']);
    expect(headers['cache-control']).toBe('no-store');
    expect(text).not.toContain('clients');
    expect(keyManager.log.join('')).toContain('of table clients');
  });

  it('carry a correlation id back and into every line of the log', async () => {
    const { headers } = await token({ ...form, activityid: 'request-4711' });
    expect(headers.activityid).toBe('request-4711');
    const line = keyManager.log
      .map((text) => JSON.parse(text))
      .find(({ msg, correlationId }) => msg === 'answered' && correlationId === 'request-4711');
    expect(line).toMatchObject({ method: 'POST', route: '/oauth2/token', status: 200 });
    const made = await token({ ...form, activityid: 'not well formed "' });
    expect(made.headers.activityid).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('get headers that keep browsers from guessing', async () => {
    const { headers } = await token(form);
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['x-frame-options']).toBe('DENY');
    expect(headers['x-powered-by']).toBeUndefined();
  });

  it.each(['/', '/oauth2', '/oauth2/token/x', '/api/unknown', '/t/carbon.super/oauth2/token'])(
    'to %s are answered 404 as JSON',
    async (path) => {
      const { status, headers, body } = await keyManager.send('GET', path);
      expect(status).toBe(404);
      expect(headers['content-type']).toMatch(/^application\/json/);
      expect(body).toMatchObject({ code: 404, message: 'Not Found' });
      expect(headers.activityid).toMatch(/^[0-9a-f-]{36}$/);
    },
  );

  it.each([
    ['two Host headers', 'GET /x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'],
    ['a target in absolute form', 'GET https://evil.example/oauth2/token HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a target that cannot be decoded', 'GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n'],
    [
      'both kinds of framing',
      'POST /oauth2/token HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['chunks in HTTP/1.0', 'POST /oauth2/token HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['HTTP/0.9', 'GET /oauth2/token\r\n\r\n'],
    ['no HTTP', 'nonsense\r\n\r\n'],
  ])('with %s are answered 400', async (_what, text) => {
    expect(await raw(keyManager, text)).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('with a header above 16 KiB are answered 431', async () => {
    const text = `GET / HTTP/1.1\r\nHost: a\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`;
    expect(await raw(keyManager, text)).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('over plain HTTP are sent to HTTPS with their method', async () => {
    const { status, location } = await redirect(keyManager, '/oauth2/token?x=1');
    expect(status).toBe(308);
    expect(location).toBe(`https://localhost:${keyManager.ports.https}/oauth2/token?x=1`);
  });

  it('over plain HTTP never lead to another host', async () => {
    const { location } = await redirect(keyManager, 'http://evil.example/x');
    expect(location).toBe(`https://localhost:${keyManager.ports.https}/`);
  });
});

/** Sends bytes over TLS and answers what comes back. */
function raw(keyManager: TestKeyManager, text: string): Promise<string> {
  const ca = readFileSync(join(keyManager.dataDir, 'tls', 'ca.crt'));
  return new Promise((resolve, reject) => {
    const socket = connect({ host: 'localhost', port: keyManager.ports.https, ca }, () => socket.write(text));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
      socket.end();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });
}

function redirect(keyManager: TestKeyManager, path: string): Promise<{ status: number; location: string }> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ port: keyManager.ports.http, path, method: 'POST', agent: false }, (response) => {
      response.resume();
      resolve({ status: response.statusCode ?? 0, location: response.headers.location ?? '' });
    });
    sent.on('error', reject);
    sent.end();
  });
}
