import { describe, expect, it } from 'vitest';
import type { ClientMetadata, ClientWithSecrets } from '../model.js';
import type { Parameter } from '../parameters.js';
import { RefusedRequest, UnanswerableRequest } from './authorization-error.js';
import { type AuthorizationRequestDeps, readAuthorizationRequest } from './authorization-request.js';

const callback = 'https://shop.example/cb';
const s256 = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
const authorization = {
  codeSeconds: 60,
  allowPlainPkce: false,
  allowHttpRedirects: false,
  loginIdleSeconds: 3_600,
  loginMaxSeconds: 43_200,
};

const pushedAuthorization = { seconds: 60, required: false };

interface Situation {
  readonly confidential?: boolean;
  readonly active?: boolean;
  readonly grantTypes?: readonly string[];
  readonly metadata?: ClientMetadata;
  readonly settings?: Partial<AuthorizationRequestDeps['settings']>;
  readonly pushed?: Readonly<Record<string, readonly Parameter[]>>;
}

function read(query: string, { metadata, settings, pushed, ...client }: Situation = {}) {
  const found = {
    clientId: 'shop',
    active: true,
    confidential: true,
    grantTypes: ['authorization_code', 'implicit'],
    metadata: { redirectUris: [callback, 'http://shop.example/cb'], ...metadata },
    ...client,
  } as unknown as ClientWithSecrets;
  const list = [...new URLSearchParams(query)].map(([name, value]) => ({ name, value }));
  return readAuthorizationRequest(
    {
      clients: { findClient: async (clientId) => (clientId === 'shop' ? found : undefined) },
      settings: { grantTypes: ['authorization_code', 'implicit'], authorization, pushedAuthorization, ...settings },
      pushedRequests: pushed && (async (uri, { clientId }) => (clientId === 'shop' ? pushed[uri] : undefined)),
    },
    list,
  );
}
const start = `client_id=shop&redirect_uri=${encodeURIComponent(callback)}`;
const code = `${start}&response_type=code&state=s`;

describe('an authorization request', () => {
  it('is read with all that it asks for', async () => {
    const request = await read(
      `${code}&scope=openid+read&nonce=n&code_challenge=${s256}&code_challenge_method=S256&prompt=login+consent&max_age=30` +
        '&login_hint=alice&unknown=1&response_mode=fragment&acr_values=x',
    );
    expect(request).toMatchObject({
      redirectUri: callback,
      responseMode: 'fragment',
      responseType: 'code',
      state: 's',
      scope: ['openid', 'read'],
      nonce: 'n',
      codeChallenge: { method: 'S256', challenge: s256 },
      maxAgeSeconds: 30,
      loginHint: 'alice',
    });
    expect([...request.prompt]).toEqual(['login', 'consent']);
  });

  it.each<[string, string, Situation, string]>([
    ['no client_id', `redirect_uri=${callback}&response_type=code`, {}, 'invalid_request'],
    ['two client_ids', `${code}&client_id=shop`, {}, 'invalid_request'],
    ['an unknown client', code.replace('shop&', 'nobody&'), {}, 'invalid_client'],
    ['a client_id that is no text', code.replace('client_id=shop', 'client_id=sh%00op'), {}, 'invalid_request'],
    ['a client that is revoked', code, { active: false }, 'invalid_client'],
    ['no redirect_uri', 'client_id=shop&response_type=code', {}, 'invalid_request'],
    ['an empty redirect_uri', 'client_id=shop&response_type=code&redirect_uri=', {}, 'invalid_request'],
    ['two redirect_uris', `${code}&redirect_uri=${callback}`, {}, 'invalid_request'],
    ['a foreign redirect_uri', code.replace('shop.example', 'evil.example'), {}, 'invalid_callback'],
    ['http to another machine', code.replace('https', 'http'), {}, 'invalid_callback'],
    ['an unknown request_uri', `${code}&request_uri=urn:x`, { pushed: {} }, 'invalid_request'],
  ])('with %s is answered nowhere', async (_what, query, situation, expected) => {
    const refusal = await read(query, situation).catch((thrown: unknown) => thrown);
    expect(refusal).toBeInstanceOf(UnanswerableRequest);
    expect((refusal as UnanswerableRequest).code).toBe(expected);
  });

  it.each<[string, string, Situation, string]>([
    ['no response_type', start, {}, 'invalid_request'],
    ['an unknown response_type', `${start}&response_type=device`, {}, 'unsupported_response_type'],
    ['response_type __proto__', `${start}&response_type=__proto__`, {}, 'unsupported_response_type'],
    ['a hybrid response_type', `${start}&response_type=code+token`, {}, 'unsupported_response_type'],
    [
      'implicit, which is off',
      `${start}&response_type=token`,
      { settings: { grantTypes: ['authorization_code'] } },
      'unsupported_response_type',
    ],
    [
      'a grant that the client has not',
      `${start}&response_type=token`,
      { grantTypes: ['authorization_code'] },
      'unauthorized_client',
    ],
    [
      'a response type that the client has not',
      code,
      { metadata: { responseTypes: ['token'] } },
      'unauthorized_client',
    ],
    ['a token in the query', `${start}&response_type=token&response_mode=query`, {}, 'invalid_request'],
    [
      'a token that has to be bound',
      `${start}&response_type=token`,
      { metadata: { dpopBoundAccessTokens: true } },
      'unauthorized_client',
    ],
    ['an id_token without a nonce', `${start}&response_type=id_token&scope=openid`, {}, 'invalid_request'],
    ['an id_token without openid', `${start}&response_type=id_token&nonce=n`, {}, 'invalid_request'],
    ['an unknown response_mode', `${code}&response_mode=web_message`, {}, 'invalid_request'],
    ['a repeated scope', `${code}&scope=a&scope=b`, {}, 'invalid_request'],
    ['a malformed scope', `${code}&scope=%22`, {}, 'invalid_scope'],
    ['10,000 scopes', `${code}&scope=${'a+'.repeat(10_000)}`, {}, 'invalid_request'],
    [
      'a scope that the client may not have',
      `${code}&scope=read`,
      { metadata: { scope: ['openid'] } },
      'invalid_scope',
    ],
    ['a state with a line break', code.replace('state=s', 'state=%0d%0aset-cookie:a'), {}, 'invalid_request'],
    ['a state without end', code.replace('state=s', `state=${'s'.repeat(3_000)}`), {}, 'invalid_request'],
    ['a request object', `${code}&request=eyJ`, {}, 'request_not_supported'],
    ['a request_uri', `${code}&request_uri=https://shop.example/r`, {}, 'request_uri_not_supported'],
    ['a registration', `${code}&registration=%7B%7D`, {}, 'registration_not_supported'],
    ['no PKCE from a public client', code, { confidential: false }, 'invalid_request'],
    ['no PKCE where it is mandatory', code, { metadata: { requirePkce: true } }, 'invalid_request'],
    ['a plain challenge', `${code}&code_challenge=${s256}&code_challenge_method=plain`, {}, 'invalid_request'],
    ['a challenge without a method', `${code}&code_challenge=${s256}`, {}, 'invalid_request'],
    ['a method without a challenge', `${code}&code_challenge_method=S256`, {}, 'invalid_request'],
    ['a malformed challenge', `${code}&code_challenge=short&code_challenge_method=S256`, {}, 'invalid_request'],
    ['an unknown method', `${code}&code_challenge=${s256}&code_challenge_method=s256`, {}, 'invalid_request'],
    ['prompt=none and login', `${code}&prompt=none+login`, {}, 'invalid_request'],
    ['an unknown prompt', `${code}&prompt=dance`, {}, 'invalid_request'],
    ['a negative max_age', `${code}&max_age=-1`, {}, 'invalid_request'],
    [
      'no push, which the client wants',
      code,
      { metadata: { requirePushedAuthorizationRequests: true } },
      'invalid_request',
    ],
  ])('with %s is refused by redirect', async (_what, query, situation, expected) => {
    const refusal = await read(query, situation).catch((thrown: unknown) => thrown);
    expect(refusal).toBeInstanceOf(RefusedRequest);
    const { error, description, replyTo } = refusal as RefusedRequest;
    expect(error).toBe(expected);
    expect(replyTo.redirectUri).toBe(callback);
    // RFC 6749 §4.1.2.1 allows these characters only, and nothing of what was sent is said again.
    expect(description).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/);
  });

  it('may name its response types in any order', async () => {
    const request = await read(`${start}&response_type=token+id_token&scope=openid&nonce=n`);
    expect(request).toMatchObject({ responseType: 'id_token token', responseMode: 'fragment' });
  });

  it('is refused with its state, in the fragment when a token was asked for', async () => {
    const refusal = await read(`${start}&response_type=token&state=s&scope=%22`).catch((thrown: unknown) => thrown);
    expect(refusal).toMatchObject({ replyTo: { responseMode: 'fragment', state: 's' } });
  });

  it('with two states is refused without any', async () => {
    const refusal = await read(`${code}&state=t`).catch((thrown: unknown) => thrown);
    expect((refusal as RefusedRequest).replyTo.state).toBeUndefined();
  });

  it.each([
    [{ allowPlainPkce: true }, { allowPlainPkce: true }, true],
    [{ allowPlainPkce: true }, {}, false],
    [{}, { allowPlainPkce: true }, false],
  ])('may have a plain challenge with server %o and client %o: %s', async (server, metadata, expected) => {
    const settings = { authorization: { ...authorization, ...server } };
    const request = read(`${code}&code_challenge=${s256}`, { settings, metadata });
    expect(await request.then((it) => it.codeChallenge?.method === 'plain').catch(() => false)).toBe(expected);
  });

  it('may go over http where the operator allows it', async () => {
    const settings = { authorization: { ...authorization, allowHttpRedirects: true } };
    expect((await read(code.replace('https', 'http'), { settings })).redirectUri).toBe('http://shop.example/cb');
  });

  it('counts as it was pushed, whatever the query says', async () => {
    const list = [...new URLSearchParams(`${code}&scope=openid&client_id=other`)].map(([name, value]) => ({
      name,
      value,
    }));
    const request = await read('client_id=shop&request_uri=urn:1&scope=read&prompt=none', {
      pushed: { 'urn:1': list },
      metadata: { requirePushedAuthorizationRequests: true },
    });
    expect(request).toMatchObject({ scope: ['openid'], redirectUri: callback, wasPushed: true });
    expect(request.client.clientId).toBe('shop');
    expect(request.prompt.size).toBe(0);
  });
});
