import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { temporaryFolder } from '@keygate/common/testing';
import { caCertificateFile } from '@keygate/common/tls';
import * as dpop from 'dpop';
import { SignJWT } from 'jose';
import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MadeCertificate, makeCertificate } from './support/client-certificates.js';
import { httpsFetch } from './support/https-fetch.js';
import { basic, seedClient, startTestKeyManager, type TestKeyManager } from './support/key-manager.js';

const jwtBearer = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

let keyManager: TestKeyManager;
let ca: string;
let partners: MadeCertificate;
const folder = temporaryFolder();
let nth = 0;

beforeAll(async () => {
  partners = await makeCertificate({ subject: 'CN=Partners', ca: true });
  const caFile = join(folder.path, 'partners.pem');
  writeFileSync(caFile, partners.cert);
  keyManager = await startTestKeyManager({
    keyManager: {
      tls: { clientCertificates: 'request' },
      keySets: { allowPrivateNetworks: true },
      oauth2: { clientCertificateCaFile: caFile },
    },
  });
  ca = await readFile(caCertificateFile(keyManager.dataDir), 'utf8');
});
afterAll(async () => {
  await keyManager.stop();
  folder.remove();
});

const tokenUrl = () => keyManager.urls.token;
const as = (): oauth.AuthorizationServer => ({
  issuer: keyManager.urls.issuer,
  token_endpoint: tokenUrl(),
  revocation_endpoint: `${keyManager.urls.https}/oauth2/revoke`,
  introspection_endpoint: `${keyManager.urls.https}/oauth2/introspect`,
});
const register = async (metadata: object, grants = ['client_credentials', 'password', 'refresh_token']) => {
  const clientId = `client-${nth++}-${'x'.repeat(16)}`;
  const confidential = !('tokenEndpointAuthMethod' in metadata && metadata.tokenEndpointAuthMethod === 'none');
  const { secret } = await seedClient(keyManager.storage, { clientId, metadata, confidential, grantTypes: grants });
  return { clientId, secret };
};
const es256 = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const post = async (form: Record<string, string>, headers: Record<string, string> = {}, tls: object = {}) => {
  const answer = await httpsFetch({ ca, ...tls })(tokenUrl(), {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(form).toString(),
  });
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Record<string, unknown> };
};

describe('private_key_jwt', () => {
  const assertion = (clientId: string, key: ReturnType<typeof es256>, change: object = {}) =>
    new SignJWT({ iss: clientId, sub: clientId, aud: tokenUrl(), jti: `${nth++}`, ...change })
      .setExpirationTime('1 min')
      .setProtectedHeader({ alg: 'ES256' })
      .sign(key.privateKey);
  const form = (client_assertion: string) => ({
    grant_type: 'client_credentials',
    client_assertion_type: jwtBearer,
    client_assertion,
  });

  it('gets openid-client a token, an introspection and a revocation', async () => {
    const pair = es256();
    const jwks = { keys: [pair.publicKey.export({ format: 'jwk' })] };
    const { clientId } = await register({ tokenEndpointAuthMethod: 'private_key_jwt', jwks });
    const key = await crypto.subtle.importKey(
      'jwk',
      pair.privateKey.export({ format: 'jwk' }),
      { name: 'ECDSA', namedCurve: 'P-256' },
      false,
      ['sign'],
    );
    const configuration = new client.Configuration(as(), clientId, undefined, client.PrivateKeyJwt(key));
    configuration[client.customFetch] = httpsFetch({ ca }) as client.CustomFetch;
    const granted = await client.clientCredentialsGrant(configuration);
    expect(granted.token_type).toBe('bearer');
    expect(await client.tokenIntrospection(configuration, granted.access_token)).toMatchObject({
      active: true,
      client_id: clientId,
    });
    await client.tokenRevocation(configuration, granted.access_token);
    expect(await client.tokenIntrospection(configuration, granted.access_token)).toEqual({ active: false });
  });

  it('works with an assertion once, for one of our addresses, and instead of a secret only', async () => {
    const pair = es256();
    const jwks = { keys: [pair.publicKey.export({ format: 'jwk' })] };
    const { clientId, secret } = await register({ tokenEndpointAuthMethod: 'private_key_jwt', jwks });
    const once = await assertion(clientId, pair);
    expect(await post(form(once))).toMatchObject({ status: 200 });
    for (const refused of [
      form(once),
      form(await assertion(clientId, es256())),
      form(await assertion(clientId, pair, { aud: 'https://elsewhere.example/token' })),
      { grant_type: 'client_credentials', client_id: clientId, client_secret: secret },
    ]) {
      expect(await post(refused)).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    }
    expect(await post(form(await assertion(clientId, pair, { aud: 'https://localhost:8243/token' })))).toMatchObject({
      status: 200,
    });
    const log = keyManager.log.join('\n');
    expect(log).toContain('jti was used before');
    expect(log).not.toContain(once);
  });

  it('reads the keys from jwks_uri, and answers 503 when they cannot be had', async () => {
    const pair = es256();
    let answer: object | undefined;
    const server: Server = createServer((_request, response) => {
      if (answer) response.end(JSON.stringify(answer));
      else response.writeHead(500).end();
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const jwksUri = `http://localhost:${(server.address() as AddressInfo).port}/jwks`;
    const { clientId } = await register({ tokenEndpointAuthMethod: 'private_key_jwt', jwksUri });
    const away = await post(form(await assertion(clientId, pair)));
    expect(away).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } });
    server.close();
    const again: Server = createServer((_request, response) =>
      response.end(JSON.stringify({ keys: [pair.publicKey.export({ format: 'jwk' })] })),
    ).listen(0, '127.0.0.1');
    await new Promise((resolve) => again.once('listening', resolve));
    const other = `http://localhost:${(again.address() as AddressInfo).port}/jwks`;
    const { clientId: second } = await register({ tokenEndpointAuthMethod: 'private_key_jwt', jwksUri: other });
    expect(await post(form(await assertion(second, pair)))).toMatchObject({ status: 200 });
    again.close();
  });
});

describe('mutual TLS (RFC 8705)', () => {
  const form = (client_id: string) => ({ grant_type: 'client_credentials', client_id });
  const tls = ({ cert, key }: MadeCertificate) => ({ cert, key });

  it('lets a client in by a certificate of a trusted CA, with its name', async () => {
    const { clientId } = await register({
      tokenEndpointAuthMethod: 'tls_client_auth',
      tlsClientAuthSubjectDn: 'CN=app,O=Example',
    });
    const good = await makeCertificate({ subject: 'O=Example,CN=app', issuer: partners });
    expect(await post(form(clientId), {}, tls(good))).toMatchObject({ status: 200 });
    const others = [
      await makeCertificate({ subject: 'O=Example,CN=other', issuer: partners }),
      await makeCertificate({ subject: 'O=Example,CN=app' }),
    ];
    for (const other of others) {
      expect(await post(form(clientId), {}, tls(other))).toMatchObject({
        status: 401,
        body: { error: 'invalid_client' },
      });
    }
    expect(await post(form(clientId))).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
  });

  it('binds tokens to a self-signed certificate, refresh tokens included', async () => {
    const own = await makeCertificate();
    const { clientId } = await register({
      tokenEndpointAuthMethod: 'self_signed_tls_client_auth',
      jwks: { keys: [own.jwk] },
      tlsClientCertificateBoundAccessTokens: true,
    });
    const configuration: oauth.Client = { client_id: clientId, use_mtls_endpoint_aliases: false };
    const granted = await oauth.processClientCredentialsResponse(
      as(),
      configuration,
      await oauth.clientCredentialsGrantRequest(
        as(),
        configuration,
        oauth.TlsClientAuth(),
        {},
        {
          [oauth.customFetch]: httpsFetch({ ca, ...tls(own) }),
        },
      ),
    );
    const { clientId: asking, secret } = await register({});
    const seen = await keyManager.post('/oauth2/introspect', { token: granted.access_token }, basic(asking, secret));
    const { createHash } = await import('node:crypto');
    const thumbprint = createHash('sha256').update(own.der).digest('base64url');
    expect(seen.body).toMatchObject({ active: true, token_type: 'Bearer', cnf: { 'x5t#S256': thumbprint } });
  });

  it('binds the refresh token of a public client to its certificate', async () => {
    await keyManager.createUser('tls-user', 'correct horse battery', []);
    const metadata = { tokenEndpointAuthMethod: 'none', tlsClientCertificateBoundAccessTokens: true };
    const { clientId } = await register(metadata);
    const [own, thief] = [await makeCertificate(), await makeCertificate()];
    const login = {
      grant_type: 'password',
      username: 'tls-user',
      password: 'correct horse battery',
      client_id: clientId,
    };
    const granted = await post(login, {}, tls(own));
    expect(granted.status).toBe(200);
    const refresh = {
      grant_type: 'refresh_token',
      refresh_token: String(granted.body.refresh_token),
      client_id: clientId,
    };
    expect(await post(refresh, {}, tls(thief))).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect(await post(refresh)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    expect(await post(refresh, {}, tls(own))).toMatchObject({ status: 200 });
  });

  it('issues no unbound token to a client that wants them bound', async () => {
    const { clientId, secret } = await register({ tlsClientCertificateBoundAccessTokens: true });
    const authorization = basic(clientId, secret);
    const answer = await post({ grant_type: 'client_credentials' }, { authorization });
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  });
});

describe('DPoP (RFC 9449)', () => {
  const proofs = async () => {
    const keys = await dpop.generateKeyPair('ES256');
    return {
      keys,
      thumbprint: await dpop.calculateThumbprint(keys.publicKey),
      proof: (nonce?: string, url = tokenUrl(), token?: string, method = 'POST') =>
        dpop.generateProof(keys, url, method, nonce, token),
    };
  };
  const machine = { grant_type: 'client_credentials' };

  it('binds a token to the key of the proof', async () => {
    const { clientId, secret } = await register({});
    const authorization = basic(clientId, secret);
    const { proof, thumbprint } = await proofs();
    const granted = await post(machine, { authorization, dpop: await proof() });
    expect(granted).toMatchObject({ status: 200, body: { token_type: 'DPoP' } });
    const seen = await keyManager.post(
      '/oauth2/introspect',
      { token: String(granted.body.access_token) },
      authorization,
    );
    expect(seen.body).toMatchObject({ active: true, token_type: 'DPoP', cnf: { jkt: thumbprint } });
  });

  it('takes a proof once, for this address, and one at a time', async () => {
    const { clientId, secret } = await register({});
    const authorization = basic(clientId, secret);
    const { proof } = await proofs();
    const once = await proof();
    expect(await post(machine, { authorization, dpop: once })).toMatchObject({ status: 200 });
    for (const header of [
      once,
      await proof(undefined, 'https://evil.example/oauth2/token'),
      `${await proof()}, ${await proof()}`,
      'x',
    ]) {
      const refused = await post(machine, { authorization, dpop: header });
      expect(refused).toMatchObject({ status: 400, body: { error: 'invalid_dpop_proof' } });
    }
  });

  it('believes no Host header about its own address', async () => {
    const { clientId, secret } = await register({});
    const { proof } = await proofs();
    const stolen = await proof(undefined, 'https://evil.example/oauth2/token');
    const headers = { authorization: basic(clientId, secret), dpop: stolen, host: 'evil.example' };
    const refused = await post(machine, headers, { servername: 'localhost' });
    expect(refused).toMatchObject({ status: 400, body: { error: 'invalid_dpop_proof' } });
  });

  it('is asked of a client that registered it', async () => {
    const { clientId, secret } = await register({ dpopBoundAccessTokens: true });
    const authorization = basic(clientId, secret);
    const refused = await post(machine, { authorization });
    expect(refused).toMatchObject({ status: 400, body: { error: 'invalid_dpop_proof' } });
  });

  it('binds the refresh token of a public client', async () => {
    await keyManager.createUser('dpop-user', 'correct horse battery', []);
    const { clientId } = await register({ tokenEndpointAuthMethod: 'none' });
    const { proof } = await proofs();
    const login = {
      grant_type: 'password',
      username: 'dpop-user',
      password: 'correct horse battery',
      client_id: clientId,
    };
    const granted = await post(login, { dpop: await proof() });
    expect(granted).toMatchObject({ status: 200, body: { token_type: 'DPoP' } });
    const refresh = {
      grant_type: 'refresh_token',
      refresh_token: String(granted.body.refresh_token),
      client_id: clientId,
    };
    const thief = await proofs();
    for (const headers of [{}, { dpop: await thief.proof() }]) {
      expect(await post(refresh, headers)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    }
    expect(await post(refresh, { dpop: await proof() })).toMatchObject({ status: 200, body: { token_type: 'DPoP' } });
  });

  it('opens userinfo to a bound token with its proof only', async () => {
    await keyManager.createUser('dpop-openid', 'correct horse battery', []);
    const { clientId, secret } = await register({});
    const { proof } = await proofs();
    const login = {
      grant_type: 'password',
      username: 'dpop-openid',
      password: 'correct horse battery',
      scope: 'openid',
    };
    const granted = await post(login, { authorization: basic(clientId, secret), dpop: await proof() });
    const token = String(granted.body.access_token);
    const url = `${keyManager.urls.https}/oauth2/userinfo`;
    const ask = (headers: Record<string, string>) => keyManager.send('GET', '/oauth2/userinfo', headers);
    const good = await proof(undefined, url, token, 'GET');
    expect(await ask({ authorization: `DPoP ${token}`, dpop: good })).toMatchObject({ status: 200 });
    const thief = await proofs();
    for (const headers of [
      { authorization: `Bearer ${token}` },
      { authorization: `DPoP ${token}` },
      { authorization: `DPoP ${token}`, dpop: good },
      { authorization: `DPoP ${token}`, dpop: await thief.proof(undefined, url, token, 'GET') },
      { authorization: `DPoP ${token}`, dpop: await proof(undefined, url, 'another', 'GET') },
    ]) {
      expect(await ask(headers)).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
    }
  });

  it('opens no REST API to a bound token without proof', async () => {
    await keyManager.createUser('dpop-subscriber', 'correct horse battery', ['Internal/subscriber']);
    const { clientId, secret } = await register({});
    const { proof } = await proofs();
    const login = { grant_type: 'password', username: 'dpop-subscriber', password: 'correct horse battery' };
    const scope = 'apim:subscribe';
    const authorization = basic(clientId, secret);
    const granted = await post({ ...login, scope }, { authorization, dpop: await proof() });
    expect(granted.body).toMatchObject({ token_type: 'DPoP', scope });
    for (const scheme of ['Bearer', 'DPoP']) {
      const headers = { authorization: `${scheme} ${granted.body.access_token}` };
      expect(await keyManager.send('GET', '/api/am/devportal/v3/applications', headers)).toMatchObject({ status: 401 });
    }
  });
});

describe('DPoP nonces', () => {
  let strict: TestKeyManager;
  beforeAll(async () => {
    strict = await startTestKeyManager({
      keyManager: {
        gatewayUrl: 'https://api.example.com',
        oauth2: { dpop: { nonce: 'required' }, registration: { access: 'off' } },
      },
    });
  });
  afterAll(() => strict.stop());

  it('is what the metadata tells beforehand, with the rest that clients have to know', async () => {
    const of = async (server: TestKeyManager) =>
      (await server.send('GET', '/.well-known/oauth-authorization-server')).body;
    expect(await of(keyManager)).toMatchObject({
      registration_endpoint: `${keyManager.urls.https}/oauth2/register`,
      dpop_signing_alg_values_supported: expect.arrayContaining(['ES256', 'RS256']),
      tls_client_certificate_bound_access_tokens: true,
      token_endpoint_auth_signing_alg_values_supported: ['RS256', 'PS256', 'ES256', 'EdDSA'],
    });
    expect(await of(strict)).not.toHaveProperty('registration_endpoint');
  });

  it('names the gateways for mutual TLS where no certificate is asked for', async () => {
    const { body } = await strict.send('GET', '/.well-known/oauth-authorization-server');
    expect(body.mtls_endpoint_aliases).toMatchObject({ token_endpoint: 'https://api.example.com/token' });
  });

  it('are asked for with the first refusal, which openid-client follows', async () => {
    const { clientId, secret } = await seedClient(strict.storage);
    const server = { issuer: strict.urls.issuer, token_endpoint: strict.urls.token };
    const trusted = httpsFetch({ ca: await readFile(caCertificateFile(strict.dataDir), 'utf8') });
    const answers: Response[] = [];
    const configuration = new client.Configuration(server, clientId, secret);
    configuration[client.customFetch] = (async (...call: Parameters<typeof trusted>) => {
      const answer = await trusted(...call);
      answers.push(answer.clone());
      return answer;
    }) as client.CustomFetch;
    const keys = await client.randomDPoPKeyPair();
    const DPoP = client.getDPoPHandle(configuration, keys);
    const granted = await client.clientCredentialsGrant(configuration, undefined, { DPoP });
    expect(granted.token_type).toBe('dpop');
    expect(answers.map(({ status }) => status)).toEqual([400, 200]);
    expect(await answers[0]?.json()).toMatchObject({ error: 'use_dpop_nonce' });
    for (const answer of answers) expect(answer.headers.get('dpop-nonce')).toMatch(/^[\w-]{32}$/);
    await client.clientCredentialsGrant(configuration, undefined, { DPoP });
    expect(answers.map(({ status }) => status)).toEqual([400, 200, 200]);
  });
});
