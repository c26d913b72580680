import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { EndpointSecurityType } from '@keygate/proto/keymanager/v1/catalog';
import { afterEach, describe, expect, it } from 'vitest';
import { code, EndpointBed } from './test/endpoints.js';
import { call } from './test/gateway.js';
import { ok, type RecordingBackend } from './test/recording-backend.js';

const bed = new EndpointBed();
afterEach(() => bed.stop());

const none = {
  username: '',
  password: '',
  tokenUrl: '',
  clientId: '',
  clientSecret: '',
  grantType: '',
  parameters: '',
};
const basic = { ...none, type: EndpointSecurityType.ENDPOINT_SECURITY_TYPE_BASIC, username: 'üser', password: 'p:ä ß' };
const digest = { ...none, type: EndpointSecurityType.ENDPOINT_SECURITY_TYPE_DIGEST, username: 'u', password: 'p' };
const oauth = (tokenUrl: string) => ({
  ...{ ...none, type: EndpointSecurityType.ENDPOINT_SECURITY_TYPE_OAUTH, tokenUrl },
  ...{ clientId: 'c', clientSecret: 'canary-secret', grantType: 'client_credentials' },
});
const mine = ['Authorization: Bearer canary-client'];

/** The head of the newest request. */
const newest = (received: string) => received.slice(received.lastIndexOf(' HTTP/1.1\r\n'));
const authorizationIn = (text: string) => /^authorization: (.*)$/im.exec(newest(text))?.[1];

describe('BASIC', () => {
  it('is shown to the backend in UTF-8, in place of the client’s own', async () => {
    const backend = await bed.backend('ok');
    const gateway = await bed.gateway({ urls: [backend.url], security: basic });
    await call(gateway.port, 'GET /open/x', mine);
    expect(backend.header('authorization')).toEqual([`Basic ${Buffer.from('üser:p:ä ß').toString('base64')}`]);
  });

  it('none configured: the client’s Authorization stays here', async () => {
    const backend = await bed.backend('ok');
    const gateway = await bed.gateway({ urls: [backend.url] });
    await call(gateway.port, 'GET /open/x', mine);
    expect(backend.received).not.toContain('canary-client');
  });

  it('of a type that is not known: nothing is called', async () => {
    const backend = await bed.backend('ok');
    const gateway = await bed.gateway({ urls: [backend.url], security: { ...basic, type: 99 as never } });
    expect((await call(gateway.port, 'GET /open/x')).status).toBe(503);
    expect(backend.received).toBe('');
  });
});

describe('DIGEST', () => {
  let nonce = 0;

  /** Lets those pass who prove the password with the newest nonce and a counter it has not seen. */
  async function guarded(
    algorithm: 'MD5' | 'SHA-256',
    usesPerNonce = Number.POSITIVE_INFINITY,
  ): Promise<RecordingBackend> {
    let uses = 0;
    const hash = (text: string) =>
      createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
        .update(text)
        .digest('hex');
    return bed.backend((received, socket) => {
      const [method = '', path = ''] =
        /(?:^|\n)([A-Z]+) (\S+)$/.exec(received.slice(0, received.lastIndexOf(' HTTP/1.1')))?.slice(1) ?? [];
      const value = authorizationIn(received) ?? '';
      const field = (name: string) => new RegExp(`${name}="?([^",]*)`).exec(value)?.[1] ?? '';
      const first = hash('u:realm:p');
      const proof = `${first}:${field('nonce')}:${field(' nc')}:${field('cnonce')}:auth:${hash(`${method}:${path}`)}`;
      const isCurrent = field(' nonce') === `nonce-${nonce}` && uses < usesPerNonce;
      const isProven = field('response') === hash(proof) && field('uri') === path;
      if (isProven && isCurrent && Number.parseInt(field(' nc'), 16) === uses + 1) {
        uses++;
        socket.write(ok('ok'));
        return;
      }
      nonce++;
      uses = 0;
      const stale = isProven ? ', stale=true' : '';
      const challenge = `Digest realm="realm", nonce="nonce-${nonce}", qop="auth", algorithm=${algorithm}${stale}`;
      const body = method === 'HEAD' ? '' : 'who are you?';
      socket.write(`HTTP/1.1 401 No\r\nWWW-Authenticate: ${challenge}\r\nContent-Length: 12\r\n\r\n${body}`);
    });
  }

  it.each(['MD5', 'SHA-256'] as const)(
    'with %s is answered once asked, and at once from then on',
    async (algorithm) => {
      const backend = await guarded(algorithm);
      const gateway = await bed.gateway({ urls: [backend.url], security: digest });
      for (const path of ['/open/a?x=1', '/open/b', '/open/c']) {
        expect(await call(gateway.port, `GET ${path}`, mine)).toMatchObject({ status: 200, body: 'ok' });
      }
      expect(backend.requestLines).toHaveLength(4);
      expect(backend.received).not.toContain('canary-client');
    },
  );

  it('takes a new nonce when the old one is stale', async () => {
    const backend = await guarded('SHA-256', 2);
    const gateway = await bed.gateway({ urls: [backend.url], security: digest });
    for (let i = 0; i < 4; i++) expect((await call(gateway.port, 'DELETE /open/x')).status).toBe(200);
    expect(backend.requestLines).toHaveLength(6);
  });

  it('sends a body once, with the right answer: a HEAD asks for the nonce first', async () => {
    const backend = await guarded('SHA-256');
    const gateway = await bed.gateway({ urls: [backend.url], security: digest });
    const answer = await call(gateway.port, 'POST /open/x', ['Content-Length: 4'], 'body');
    expect(answer).toMatchObject({ status: 200, body: 'ok' });
    expect(backend.requestLines).toEqual(['HEAD /x HTTP/1.1', 'POST /x HTTP/1.1']);
  });

  it('asks the client to come again when the nonce ended under its body', async () => {
    const backend = await guarded('SHA-256', 1);
    const gateway = await bed.gateway({ urls: [backend.url], security: digest });
    // The backend of the tests knows a request by its first line.
    const post = () => call(gateway.port, 'POST /open/x', ['Content-Length: 5'], 'body\n');
    expect((await post()).status).toBe(200);
    const { status, headers } = await post();
    expect([status, headers['retry-after']]).toEqual([503, '1']);
    expect(gateway.ended.at(-1)?.fault).toBe('backendCredentialsUnavailable');
    expect((await post()).status).toBe(200);
  });

  it('passes the refusal of a wrong password on, after one try', async () => {
    const backend = await guarded('MD5');
    const gateway = await bed.gateway({ urls: [backend.url], security: { ...digest, password: 'wrong' } });
    expect(await call(gateway.port, 'GET /open/x')).toMatchObject({ status: 401, body: 'who are you?' });
    expect(backend.requestLines).toHaveLength(2);
  });
});

describe('OAUTH', () => {
  async function issuer(answer: (count: number) => string) {
    let count = 0;
    return bed.backend((_, socket) => {
      count++;
      socket.end(answer(count));
    });
  }
  const json = (body: object, status = '200 OK') => {
    const text = JSON.stringify(body);
    return `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
  };
  const issued = (count: number) => json({ access_token: `t${count}`, token_type: 'Bearer', expires_in: 3600 });

  it('shows a token of the gateway’s own, fetched once', async () => {
    const [backend, tokens] = [await bed.backend('ok'), await issuer(issued)];
    const gateway = await bed.gateway({ urls: [backend.url], security: oauth(`${tokens.url}/token`) });
    await Promise.all(Array.from({ length: 10 }, () => call(gateway.port, 'GET /open/x', mine)));
    expect(tokens.requestLines).toEqual(['POST /token HTTP/1.1']);
    expect(backend.header('authorization')).toEqual(Array(10).fill('Bearer t1'));
  });

  it('fetches another when the backend refuses it, and sends a safe request again', async () => {
    const tokens = await issuer(issued);
    const backend = await bed.backend((received, socket) => {
      const isNew = authorizationIn(received) === 'Bearer t2';
      socket.write(isNew ? ok('ok') : 'HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno');
    });
    const gateway = await bed.gateway({ urls: [backend.url], security: oauth(tokens.url) });
    expect(await call(gateway.port, 'GET /open/x')).toMatchObject({ status: 200, body: 'ok' });
    expect([backend.requestLines.length, tokens.connections.length]).toEqual([2, 2]);
  });

  it('passes the second refusal on, and a first one of a POST', async () => {
    const tokens = await issuer(issued);
    const backend = await bed.backend(
      (_, socket) => void socket.write('HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno'),
    );
    const gateway = await bed.gateway({ urls: [backend.url], security: oauth(tokens.url) });
    expect(await call(gateway.port, 'GET /open/x')).toMatchObject({ status: 401, body: 'no' });
    expect(backend.requestLines).toHaveLength(2);
    expect((await call(gateway.port, 'POST /open/x', ['Content-Length: 1'], 'a')).status).toBe(401);
    expect(backend.requestLines).toHaveLength(3);
  });

  it.each([
    ['refuses', () => json({ error: 'invalid_client' }, '401 No'), 502, '101500', 'backendCredentialsRefused'],
    ['fails', () => json({}, '500 No'), 503, '303001', 'backendCredentialsUnavailable'],
  ])('calls nobody when the token URL %s', async (_, answer, status, expected, fault) => {
    const [backend, tokens] = [await bed.backend('ok'), await issuer(answer)];
    const gateway = await bed.gateway({ urls: [backend.url], security: oauth(tokens.url) });
    const refused = await call(gateway.port, 'GET /open/x', mine);
    expect([refused.status, code(refused.body), gateway.ended[0]?.fault]).toEqual([status, expected, fault]);
    expect(backend.received).toBe('');
    expect(JSON.stringify(gateway.failures) + String(gateway.failures)).not.toContain('canary');
  });

  it('lets no more calls wait for a token than for a connection', async () => {
    const [backend, tokens] = [await bed.backend('ok'), await bed.backend(() => undefined)];
    const gateway = await bed.gateway(
      { urls: [backend.url], security: oauth(tokens.url) },
      { connectionsPerEndpoint: 2 },
    );
    const clients = [1, 2, 3].map(() => connect(gateway.port, '127.0.0.1'));
    for (const client of clients) client.write('GET /open/x HTTP/1.1\r\nHost: a\r\n\r\n');
    await expect.poll(() => gateway.ended.map(({ fault }) => fault)).toEqual(['backendBusy']);
    expect(tokens.connections).toHaveLength(1);
    for (const client of clients) client.destroy();
  });

  it('leaves no trace of a client that goes while the token is fetched', async () => {
    const [backend, tokens] = [await bed.backend('ok'), await bed.backend(() => undefined)];
    const gateway = await bed.gateway({ urls: [backend.url], security: oauth(tokens.url) });
    const client = connect(gateway.port, '127.0.0.1');
    client.write('GET /open/x HTTP/1.1\r\nHost: a\r\n\r\n');
    await expect.poll(() => tokens.requestLines.length).toBe(1);
    client.destroy();
    await expect.poll(() => gateway.ended[0]?.status).toBe(499);
    expect(backend.received).toBe('');
  });
});
