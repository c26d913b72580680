import { createHash, X509Certificate } from 'node:crypto';
import { connect as connectHttp2 } from 'node:http2';
import { type RequestOptions, request } from 'node:https';
import { type RunningRedis, startRedis } from '@keygate/common/testing';
import { ensureCertificate } from '@keygate/common/tls';
import * as dpop from 'dpop';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { send, startTestBed, type TestBed, type TestBedOptions } from './support/test-gateway.js';

type HttpsOptions = RequestOptions & { readonly session?: Buffer | undefined };

const path = '/petstore/1.0.0/pets';
const beds: TestBed[] = [];
let bed: TestBed;

async function start(options: TestBedOptions = {}): Promise<TestBed> {
  const started = await startTestBed(options);
  beds.push(started);
  return started;
}
afterEach(async () => {
  for (const started of beds.splice(0)) await started.stop();
});

/** The URL by which the gateway knows itself. */
const own = (of: TestBed = bed) => `https://localhost:${of.gateway.ports.https}${path}`;

describe('tokens bound to a certificate (RFC 8705)', () => {
  let thumbprint: string;
  let shown: { cert: string; key: string };
  let other: { cert: string; key: string };
  beforeEach(async () => {
    bed = await start();
    shown = await ensureCertificate(bed.dataDir, { name: 'app', commonName: 'app', kind: 'client' });
    other = await ensureCertificate(bed.dataDir, { name: 'other', commonName: 'other', kind: 'client' });
    thumbprint = createHash('sha256').update(new X509Certificate(shown.cert).raw).digest('base64url');
    bed.keyManager.grant('bound', { cnfX5tS256: thumbprint });
    bed.keyManager.grant('free');
  });

  const call = (token: string, tls: HttpsOptions = {}, scheme = 'Bearer') =>
    new Promise<{ status: number; challenge: string | undefined }>((resolve, reject) => {
      const headers = { authorization: `${scheme} ${token}` };
      const options = { headers, rejectUnauthorized: false, agent: false, ...tls };
      const sent = request(`${bed.urls.https}${path}`, options, (response) => {
        response.resume();
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, challenge: response.headers['www-authenticate'] }),
        );
      });
      sent.on('error', reject);
      sent.end();
    });

  it('work on the connection that showed it, and on no other', async () => {
    expect(await call('bound', shown)).toMatchObject({ status: 200 });
    const refused = { status: 401, challenge: expect.stringContaining('error="invalid_token"') };
    expect(await call('bound', other)).toMatchObject(refused);
    expect(await call('bound')).toMatchObject(refused);
    expect(await call('bound', shown, 'DPoP')).toMatchObject(refused);
    expect(await call('free', other)).toMatchObject({ status: 200 });
    expect(await call('free')).toMatchObject({ status: 200 });
    expect(bed.backendRequests).toHaveLength(3);
  });

  it('do not work over plain HTTP', async () => {
    const answer = await send(bed.urls.http + path, { headers: { authorization: 'Bearer bound' } });
    expect(answer.status).toBe(401);
  });

  it('work over HTTP/2, and over a resumed session', async () => {
    const overHttp2 = async (tls: HttpsOptions) => {
      const session = connectHttp2(bed.urls.https, { rejectUnauthorized: false, ...tls } as object);
      try {
        return await new Promise<number>((resolve, reject) => {
          session.on('error', reject);
          const stream = session.request({ ':path': path, authorization: 'Bearer bound' });
          stream.on('response', (headers) => resolve(Number(headers[':status'])));
          stream.on('error', reject);
        });
      } finally {
        session.destroy();
      }
    };
    expect(await overHttp2(shown)).toBe(200);
    expect(await overHttp2(other)).toBe(401);
    expect(await overHttp2({})).toBe(401);
    const tickets: Buffer[] = [];
    const first = await new Promise<number>((resolve, reject) => {
      const options = { headers: { authorization: 'Bearer bound' }, rejectUnauthorized: false, agent: false, ...shown };
      const sent = request(`${bed.urls.https}${path}`, options, (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode ?? 0));
      });
      sent.on('socket', (socket) => socket.on('session', (ticket: Buffer) => tickets.push(ticket)));
      sent.on('error', reject);
      sent.end();
    });
    expect(first).toBe(200);
    expect(await call('bound', { ...shown, session: tickets.at(-1) })).toMatchObject({ status: 200 });
  });

  it('reach the key manager with the certificate of a token request', async () => {
    bed.keyManager.issued.length = 0;
    await new Promise<void>((resolve, reject) => {
      const options = { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, ...shown };
      const sent = request(
        `${bed.urls.https}/token`,
        { ...options, rejectUnauthorized: false, agent: false },
        (answer) => {
          answer.resume();
          answer.on('end', resolve);
        },
      );
      sent.on('error', reject);
      sent.end('grant_type=client_credentials&client_id=app');
    });
    const der = bed.keyManager.issued[0]?.request.request?.clientCertificate;
    expect(der && Buffer.from(der).equals(new X509Certificate(shown.cert).raw)).toBe(true);
  });

  it('are refused, not believed, where no certificate is asked for', async () => {
    await beds.pop()?.stop();
    bed = await start({ gateway: { tls: { clientCertificates: 'off' } } });
    bed.keyManager.grant('bound', { cnfX5tS256: thumbprint });
    expect(await call('bound', shown)).toMatchObject({ status: 401 });
  });
});

describe('tokens bound to a key (RFC 9449)', () => {
  let keys: dpop.KeyPair;
  let jkt: string;
  beforeEach(async () => {
    keys = await dpop.generateKeyPair('ES256');
    jkt = await dpop.calculateThumbprint(keys.publicKey);
  });
  const begin = async (options: TestBedOptions = {}) => {
    bed = await start(options);
    bed.keyManager.grant('bound', { cnfJkt: jkt });
    bed.keyManager.grant('free');
  };
  const proof = (change: { htu?: string; method?: string; token?: string; nonce?: string; keys?: dpop.KeyPair } = {}) =>
    dpop.generateProof(
      change.keys ?? keys,
      change.htu ?? own(),
      change.method ?? 'GET',
      change.nonce,
      change.token ?? 'bound',
    );
  const call = async (header: string | undefined, authorization = 'DPoP bound', url = bed.urls.https) =>
    send(url + path, { headers: { authorization, ...(header !== undefined && { dpop: header }) } });

  it('work with a proof of that key for this call, once', async () => {
    await begin();
    const once = await proof();
    expect((await call(once)).status).toBe(200);
    const again = await call(once);
    expect(again.status).toBe(401);
    expect(again.headers['www-authenticate']).toMatch(
      /^DPoP realm="Keygate", error="invalid_dpop_proof".*algs="ES256 /,
    );
    expect((await call(await proof())).status).toBe(200);
  });

  it('work with no other proof', async () => {
    await begin();
    const thief = await dpop.generateKeyPair('ES256');
    for (const header of [
      undefined,
      'x',
      await proof({ keys: thief }),
      await proof({ token: 'free' }),
      await proof({ method: 'POST' }),
      await proof({ htu: `${own()}/1` }),
      await proof({ htu: `https://evil.example${path}` }),
      await proof({ htu: `http://localhost:${bed.gateway.ports.http}${path}` }),
      `${await proof()}, ${await proof()}`,
    ]) {
      const refused = await call(header);
      expect(refused.status).toBe(401);
      expect(refused.headers['www-authenticate']).toMatch(/^DPoP /);
    }
    expect(bed.backendRequests).toEqual([]);
  });

  it('believe no Host header about the address', async () => {
    await begin();
    const stolen = await proof({ htu: `https://evil.example${path}` });
    const headers = { authorization: 'DPoP bound', dpop: stolen, host: 'evil.example' };
    expect((await send(bed.urls.https + path, { headers })).status).toBe(401);
  });

  it('are refused as Bearer, and unbound ones with DPoP', async () => {
    await begin();
    const asBearer = await call(await proof(), 'Bearer bound');
    expect(asBearer.status).toBe(401);
    expect(asBearer.headers['www-authenticate']).toMatch(/^DPoP realm="Keygate", error="invalid_token"/);
    const unbound = await call(await proof({ token: 'free' }), 'DPoP free');
    expect(unbound.status).toBe(401);
    expect(unbound.headers['www-authenticate']).toMatch(/^Bearer realm="Keygate", error="invalid_token"/);
    expect((await call(undefined, 'Bearer free')).status).toBe(200);
  });

  it('are not mixed up with an unbound token of the same client and user', async () => {
    await begin();
    bed.keyManager.grant('first');
    expect((await bed.call('first')).status).toBe(200);
    bed.keyManager.grant('second', { cnfJkt: jkt });
    expect((await bed.call('second')).status).toBe(401);
  });

  it('are taken at every address the gateway is known by', async () => {
    await begin({ gateway: { publicUrl: 'https://api.example.com', otherPublicUrls: ['https://intern.example/gw/'] } });
    for (const htu of [`https://api.example.com${path}`, `https://intern.example/gw${path}`]) {
      expect((await call(await proof({ htu }))).status).toBe(200);
    }
    expect((await call(await proof())).status).toBe(401);
  });

  it('need a nonce of this gateway where that is switched on', async () => {
    await begin({ gateway: { dpop: { nonce: 'required', nonceKey: 'k'.repeat(32) } } });
    const refused = await call(await proof());
    expect(refused.status).toBe(401);
    expect(refused.headers['www-authenticate']).toMatch(/^DPoP realm="Keygate", error="use_dpop_nonce"/);
    const nonce = String(refused.headers['dpop-nonce']);
    expect((await call(await proof({ nonce }))).status).toBe(200);
    expect((await call(await proof({ nonce: 'x'.repeat(32) }))).status).toBe(401);
  });

  it('tell the key manager at which of our addresses a token was asked for', async () => {
    await begin({ gateway: { publicUrl: 'https://api.example.com', otherPublicUrls: ['https://intern.example/gw'] } });
    for (const [host, url] of [
      ['api.example.com', 'https://api.example.com/token'],
      ['intern.example', 'https://intern.example/gw/token'],
      ['evil.example', 'https://api.example.com/token'],
    ] as const) {
      bed.keyManager.issued.length = 0;
      await bed.token('grant_type=client_credentials', { host, dpop: 'proof' });
      expect(bed.keyManager.issued[0]?.request.request).toMatchObject({ url, dpop: 'proof', method: 'POST' });
    }
  });
});

describe('used proofs with Redis', () => {
  let redis: RunningRedis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  it('are known to every gateway', async () => {
    const keys = await dpop.generateKeyPair('ES256');
    const jkt = await dpop.calculateThumbprint(keys.publicKey);
    const options = { redisUrl: redis.url, gateway: { publicUrl: 'https://api.example.com' } };
    const [one, two] = [await start(options), await start(options)];
    for (const each of [one, two]) each.keyManager.grant('bound', { cnfJkt: jkt });
    const header = await dpop.generateProof(keys, `https://api.example.com${path}`, 'GET', undefined, 'bound');
    const headers = { authorization: 'DPoP bound', dpop: header };
    const statuses = await Promise.all(
      [one, two].map(async (of) => (await send(of.urls.https + path, { headers })).status),
    );
    expect(statuses.sort()).toEqual([200, 401]);
  });
});
