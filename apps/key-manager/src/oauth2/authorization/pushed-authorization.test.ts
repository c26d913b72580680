import * as dpop from 'dpop';
import { describe, expect, it } from 'vitest';
import { basic, clientId, clientSecret, createOAuth2World, form, refusal } from '../../../test/support/oauth2.js';
import { createDpopProofs } from '../dpop-proof.js';
import type { OAuth2Settings } from '../settings.js';
import { sha256 } from '../token-hash.js';
import { RefusedRequest } from './authorization-error.js';
import { readAuthorizationRequest } from './authorization-request.js';
import { createPushedAuthorization, createPushedRequests } from './pushed-authorization.js';

const redirectUri = 'https://app.example.com/callback';
const request = {
  response_type: 'code',
  redirect_uri: redirectUri,
  scope: 'openid',
  state: 's',
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  code_challenge_method: 'S256',
};

async function createWorld(settings: Partial<OAuth2Settings> = {}, metadata = {}) {
  const world = await createOAuth2World(settings);
  const change = { grantTypes: ['authorization_code'], callbackUrl: redirectUri, metadata };
  await world.storage.clientRegistry.updateRegistration(clientId, change);
  await world.register({ clientId: 'other', ...change });
  const pushedRequests = createPushedRequests(world);
  const push = createPushedAuthorization({ ...world, pushedRequests });
  const read = (members: Record<string, string>) =>
    readAuthorizationRequest({ ...world, pushedRequests }, form(members));
  return {
    ...world,
    push: (members: Record<string, string> = request, authorization?: string) =>
      push(world.post(members, authorization)),
    read,
    use: (requestUri: string, id = clientId) => read({ client_id: id, request_uri: requestUri }),
  };
}

describe('pushed authorization requests', () => {
  it('give a reference that stands for the request', async () => {
    const { push, use } = await createWorld();
    const pushed = await push();
    expect(pushed).toEqual({
      requestUri: expect.stringMatching(/^urn:ietf:params:oauth:request_uri:[0-9a-f]{32}$/),
      expiresInSeconds: 60,
    });
    expect(await use(pushed.requestUri)).toMatchObject({ redirectUri, scope: ['openid'], state: 's', wasPushed: true });
  });

  it('take what was pushed and nothing from the address line', async () => {
    const { push, read } = await createWorld();
    const { requestUri } = await push();
    const mixed = { client_id: clientId, request_uri: requestUri, scope: 'more', redirect_uri: 'https://evil.example' };
    expect(await read(mixed)).toMatchObject({ redirectUri, scope: ['openid'] });
  });

  it('are used once, by their own client, in time', async () => {
    const { push, use, clock } = await createWorld();
    const gone = { code: 'invalid_request' };
    const first = await push();
    await expect(use(first.requestUri, 'other')).rejects.toMatchObject(gone);
    const uses = await Promise.allSettled(Array.from({ length: 10 }, () => use(first.requestUri)));
    expect(uses.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const late = await push();
    clock.advance(60);
    await expect(use(late.requestUri)).rejects.toMatchObject(gone);
    for (const unknown of ['urn:ietf:params:oauth:request_uri:x', 'https://evil.example/request', '']) {
      await expect(use(unknown)).rejects.toMatchObject({ code: expect.any(String) });
    }
  });

  it.each<[string, Record<string, string>, string]>([
    ['an address that is not registered', { redirect_uri: 'https://evil.example' }, 'invalid_request'],
    ['no address', { redirect_uri: '' }, 'invalid_request'],
    ['a response type that is not there', { response_type: 'token' }, 'unsupported_response_type'],
    ['a malformed scope', { scope: 'a"b' }, 'invalid_scope'],
    ['a reference inside', { request_uri: 'urn:ietf:params:oauth:request_uri:x' }, 'invalid_request'],
    ['a request object', { request: 'e30.e30.' }, 'request_not_supported'],
    ['another client in the body', { client_id: 'other' }, 'invalid_request'],
    ['too much', { claims: 'x'.repeat(16_384) }, 'invalid_request'],
  ])('are refused with %s', async (_what, change, error) => {
    const { push } = await createWorld();
    const answer = await refusal(push({ ...request, ...change }));
    expect(answer.status).toBe(400);
    expect([error, 'unauthorized_client']).toContain(answer.error);
  });

  it('need the client to prove itself, and keep no secret of it', async () => {
    const { push, codes, use } = await createWorld();
    expect((await refusal(push(request, basic(clientId, 'wrong')))).error).toBe('invalid_client');
    const { requestUri } = await push({ ...request, client_id: clientId });
    const code = await codes.findCode('pushed_request', sha256(requestUri.slice(-32)));
    expect(JSON.stringify(code?.body)).not.toContain(clientSecret);
    expect(JSON.stringify(code?.body)).not.toContain('client_id');
    await expect(use(requestUri)).resolves.toBeDefined();
  });

  it.each([
    ['the client', {}, { requirePushedAuthorizationRequests: true }],
    ['the server', { pushedAuthorization: { required: true, seconds: 60 } }, {}],
  ])('are the only ones taken where %s says so', async (_who, settings, metadata) => {
    const { push, read, use } = await createWorld(settings, metadata);
    await expect(read({ client_id: clientId, ...request })).rejects.toBeInstanceOf(RefusedRequest);
    await expect(use((await push()).requestUri)).resolves.toBeDefined();
  });

  describe('with a DPoP proof (RFC 9449 §10.1)', () => {
    const url = 'https://localhost:9443/oauth2/par';

    async function createBoundWorld() {
      const world = await createWorld();
      const window = { maxAgeSeconds: 60, clockSkewSeconds: 30 };
      const proofs = createDpopProofs({ ...world, clock: { now: Date.now }, nonces: undefined, window });
      const keys = await dpop.generateKeyPair('ES256');
      const pushBy = async (more: Record<string, string>, deps = { dpop: proofs as typeof proofs | undefined }) =>
        createPushedAuthorization({ ...world, ...deps })({
          ...world.post({ ...request, ...more }),
          dpop: await dpop.generateProof(keys, url, 'POST'),
          method: 'POST',
          url,
        });
      return { ...world, pushBy, jkt: await dpop.calculateThumbprint(keys.publicKey) };
    }

    it('bind the code to its key', async () => {
      const { pushBy, use, jkt } = await createBoundWorld();
      expect(await use((await pushBy({})).requestUri)).toMatchObject({ dpopJkt: jkt });
      expect(await use((await pushBy({ dpop_jkt: jkt })).requestUri)).toMatchObject({ dpopJkt: jkt });
    });

    it('are refused when dpop_jkt names another key, or when no proofs are taken', async () => {
      const { pushBy } = await createBoundWorld();
      expect((await refusal(pushBy({ dpop_jkt: 'A'.repeat(43) }))).error).toBe('invalid_request');
      expect((await refusal(pushBy({}, { dpop: undefined }))).error).toBe('invalid_dpop_proof');
    });
  });
});
